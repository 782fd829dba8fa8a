/** The namespaces of XMPP PubSub, as far as this client speaks of them. */

export const PUBSUB = 'http://jabber.org/protocol/pubsub';
export const EVENT = 'http://jabber.org/protocol/pubsub#event';
export const ATOM = 'http://www.w3.org/2005/Atom';
export const CHANGE = 'urn:pubsub:change:1';
export const DELAY = 'urn:xmpp:delay';
export const PING = 'urn:xmpp:ping';
export const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
export const DISCO = 'http://jabber.org/protocol/disco#info';
/** Whoever subscribes to a node that is not there awaits it: our own extension. */
export const AWAIT = 'urn:pubsub:await:1';
