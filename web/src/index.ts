/** Everything a page uses. */

export * from './push/index.js';
export { PubSubClient, type PubSubEvents, type PubSubStatus } from './xmpp/client.js';
export { Entry } from './xmpp/entry.js';
export type { Reset } from './xmpp/follower.js';
export type { Road } from './xmpp/link.js';
export type { PubSubOptions } from './xmpp/settings.js';
export type { Action, Stamp } from './xmpp/stamp.js';
export { RefusedError } from './xmpp/stanza.js';
