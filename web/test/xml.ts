/** XML for tests: parsed as a connection would hand it over. */

import { DOMParser } from '@xmldom/xmldom';
import 'strophe.js';
import { type Builder, Strophe } from 'strophe.js';

export function element(xml: string): Element {
    const { documentElement } = new DOMParser().parseFromString(xml, 'text/xml');
    return documentElement as unknown as Element;
}

export function text(stanza: Builder | Element): string {
    return Strophe.serialize(stanza);
}

/** The payload of an item, stamped if a number is given. */
export function entry(words: string, stamp = ''): string {
    return `<entry xmlns="http://www.w3.org/2005/Atom">${words}${stamp}</entry>`;
}

export function logged(sequence: number, action = 'create', log = 'log'): string {
    return `<change xmlns="urn:pubsub:change:1" seq="${sequence}" log="${log}" action="${action}" origin="o"/>`;
}

/** A notification of a service. */
export function notification(node: string, items: string, from = 'pubsub.example.org', extra = ''): Element {
    return element(
        `<message xmlns="jabber:client" from="${from}" to="me@example.org/web"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="${node}">${items}</items></event>${extra}</message>`,
    );
}

export function item(id: string, payload: string): string {
    return `<item id="${id}">${payload}</item>`;
}
