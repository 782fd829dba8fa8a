/**
 * A PubSub service in memory and connections to it, for tests of what stands on them.
 *
 * Keeps items in the order of their publication, a bounded number a node, and notifies every connection that has subscribed.
 */

import type { Builder } from 'strophe.js';
import type { Dial, Link, LinkHears, Login, Road } from '../src/xmpp/link.js';
import { RefusedError } from '../src/xmpp/stanza.js';
import { element, entry, item, logged, notification, text } from './xml.js';

interface Kept {
    id: string;
    payload: string;
}

export class Service {
    readonly attempts: { road: Road; url: string; login: Login }[] = [];
    readonly requests: string[] = [];
    /** Roads that do not lead here. */
    readonly closed = new Set<Road>();
    /** What login is refused with. */
    refusal: string | null = null;
    /** Nodes that are not there, or not for us: by name, the condition. */
    readonly conditions = new Map<string, string>();
    mostItems = 1000;
    /** Whether a session is still there for the next page. */
    keepsSessions = true;
    /** Whether nodes that are not there can be awaited. */
    canAwait = false;
    /** Whether notifications are lost on their way. */
    isMute = false;
    readonly #items = new Map<string, Kept[]>();
    readonly #lines = new Set<Line>();
    #sequence = 0;

    readonly dial: Dial = (road, url, login, hears) => {
        this.attempts.push({ road, url, login });
        const jid = login.jid.includes('/') ? login.jid : `anonymous@${login.jid}/web`;
        const line = new Line(this, jid, hears);
        queueMicrotask(() => {
            if (this.closed.has(road)) {
                line.fall('no way', false);
            } else if (login.kind === 'restore' && !this.keepsSessions) {
                line.fall('there is none', false);
            } else if (this.refusal !== null) {
                line.fall(this.refusal, true);
            } else {
                this.#lines.add(line);
                hears.up(line);
            }
        });
        return line;
    };

    /** Cuts all connections. */
    cut(): void {
        for (const line of [...this.#lines]) {
            this.#lines.delete(line);
            line.fall('cut', false);
        }
    }

    leave(line: Line): void {
        this.#lines.delete(line);
    }

    /** Saves a row as the library does: numbered, without gaps. */
    save(node: string, id: string, words: string, action = 'create'): number {
        this.#sequence += 1;
        this.put(node, id, entry(words, logged(this.#sequence, action)));
        return this.#sequence;
    }

    /** Deletes a row as the library does: the last row, then the retraction. */
    remove(node: string, id: string, words: string): void {
        this.save(node, id, words, 'delete');
        this.retract(node, id);
    }

    /** A change that is numbered and never sent. */
    skip(): void {
        this.#sequence += 1;
    }

    put(node: string, id: string, payload: string): void {
        const kept = (this.#items.get(node) ?? []).filter((kept) => kept.id !== id);
        kept.push({ id, payload });
        this.#items.set(node, kept.slice(-this.mostItems));
        this.#notify(node, item(id, payload));
    }

    retract(node: string, id: string): void {
        this.#items.set(
            node,
            (this.#items.get(node) ?? []).filter((kept) => kept.id !== id),
        );
        this.#notify(node, `<retract id="${id}"/>`);
    }

    /** Makes a node that was not there; whoever awaits it is told how the subscription stands now. */
    make(node: string, state: 'subscribed' | 'none' = 'subscribed'): void {
        this.conditions.delete(node);
        for (const line of this.#lines) {
            if (line.awaited.delete(node)) {
                if (state === 'subscribed') {
                    line.nodes.add(node);
                }
                line.hears.message(element(standing(node, state)));
            }
        }
    }

    /** Tells everybody something that is not so. */
    say(message: Element): void {
        for (const line of this.#lines) {
            line.hears.message(message);
        }
    }

    answer(stanza: Builder, line: Line): Element {
        const xml = text(stanza);
        this.requests.push(xml);
        const node = /node=["']([^"']*)["']/.exec(xml)?.[1] ?? '';
        if (xml.includes('disco#info')) {
            const feature = this.canAwait ? '<feature var="urn:pubsub:await:1"/>' : '';
            return element(
                `<iq xmlns="jabber:client" type="result"><query xmlns="http://jabber.org/protocol/disco#info">${feature}</query></iq>`,
            );
        }
        const condition = this.conditions.get(node);
        if (condition === 'item-not-found' && this.canAwait && xml.includes('urn:pubsub:await:1')) {
            line.awaited.add(node);
            return element(
                `<iq xmlns="jabber:client" type="result"><pubsub xmlns="http://jabber.org/protocol/pubsub"><subscription node="${node}" subscription="pending"/></pubsub></iq>`,
            );
        }
        if (condition !== undefined) {
            throw new RefusedError(condition);
        }
        if (xml.includes('<subscribe')) {
            line.nodes.add(node);
        } else if (xml.includes('<unsubscribe')) {
            line.nodes.delete(node);
        } else if (xml.includes('<items')) {
            const most = Number(/max_items=["'](\d+)["']/.exec(xml)?.[1]);
            const kept = (this.#items.get(node) ?? []).slice(-most);
            const items = kept.map(({ id, payload }) => item(id, payload)).join('');
            return element(
                `<iq xmlns="jabber:client" type="result"><pubsub xmlns="http://jabber.org/protocol/pubsub"><items node="${node}">${items}</items></pubsub></iq>`,
            );
        } else if (xml.includes('<publish')) {
            const id = `id-${this.requests.length}`;
            this.put(node, id, /<item[^>]*>(.*)<\/item>/s.exec(xml)?.[1] ?? '');
            return element(
                `<iq xmlns="jabber:client" type="result"><pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="${node}"><item id="${id}"/></publish></pubsub></iq>`,
            );
        }
        return element('<iq xmlns="jabber:client" type="result"/>');
    }

    #notify(node: string, items: string): void {
        for (const line of this.#lines) {
            if (line.nodes.has(node) && !this.isMute) {
                line.hears.message(notification(node, items));
            }
        }
    }
}

function standing(node: string, state: string): string {
    const subscription = `<subscription node="${node}" subscription="${state}"/>`;
    return `<message xmlns="jabber:client" from="pubsub.example.org"><pubsub xmlns="http://jabber.org/protocol/pubsub">${subscription}</pubsub></message>`;
}

class Line implements Link {
    readonly jid: string;
    readonly hears: LinkHears;
    readonly nodes = new Set<string>();
    readonly awaited = new Set<string>();
    readonly #service: Service;
    #isOver = false;

    constructor(service: Service, jid: string, hears: LinkHears) {
        this.#service = service;
        this.jid = jid;
        this.hears = hears;
    }

    async request(stanza: Builder): Promise<Element> {
        if (this.#isOver) {
            throw new RefusedError('disconnected');
        }
        const answer = this.#service.answer(stanza, this);
        await Promise.resolve();
        if (this.#isOver) {
            throw new RefusedError('disconnected');
        }
        return answer;
    }

    fall(reason: string, isFinal: boolean): void {
        if (!this.#isOver) {
            this.#isOver = true;
            this.hears.down({ reason, isFinal });
        }
    }

    close(): void {
        this.#isOver = true;
        this.#service.leave(this);
    }
}
