/**
 * What is said to a PubSub service (XEP-0060) and what it answers.
 *
 * Writes with Strophe's builder, which escapes; reads any DOM. Does not know who sends, nor what was told before.
 */

import { $build, $iq, type Builder } from 'strophe.js';
import { child, children, is, localName } from './dom.js';
import { Entry } from './entry.js';
import { ATOM, AWAIT, DELAY, DISCO, EVENT, PING, PUBSUB, STANZAS } from './name.js';

/** What a service tells of one of its nodes. */
export type NodeEvent =
    | { readonly kind: 'published'; readonly node: string; readonly entry: Entry; readonly isOld: boolean }
    | { readonly kind: 'retracted'; readonly node: string; readonly id: string }
    | { readonly kind: 'purged'; readonly node: string }
    | { readonly kind: 'deleted'; readonly node: string };

/** `<subscribe/>` for the JID that is really connected (§6.1). */
export function subscribe(service: string, node: string, jid: string): Builder {
    return $iq({ type: 'set', to: service }).c('pubsub', { xmlns: PUBSUB }).c('subscribe', { node, jid });
}

/** The same for a node that nobody has made yet, at a service that announces it. */
export function subscribeOrAwait(service: string, node: string, jid: string): Builder {
    return subscribe(service, node, jid).up().c('await', { xmlns: AWAIT });
}

/** What a service can do (XEP-0030). */
export function features(service: string): Builder {
    return $iq({ type: 'get', to: service }).c('query', { xmlns: DISCO });
}

/** Whether a service that answers this lets nodes be awaited. */
export function readAwaits(answer: Element): boolean {
    const query = child(answer, 'query', DISCO);
    return query !== null && children(query).some((one) => is(one, 'feature') && one.getAttribute('var') === AWAIT);
}

/** `<unsubscribe/>` (§6.2). */
export function unsubscribe(service: string, node: string, jid: string): Builder {
    return $iq({ type: 'set', to: service }).c('pubsub', { xmlns: PUBSUB }).c('unsubscribe', { node, jid });
}

/** Asks for the most recent items (§6.5.7). */
export function recentItems(service: string, node: string, most: number): Builder {
    const items = { node, max_items: String(most) };
    return $iq({ type: 'get', to: service }).c('pubsub', { xmlns: PUBSUB }).c('items', items);
}

/** `<publish/>` of one item (§7.1): a text in an entry, or an element as it is. */
export function publish(service: string, node: string, item: string | Element): Builder {
    const publication = $iq({ type: 'set', to: service })
        .c('pubsub', { xmlns: PUBSUB })
        .c('publish', { node })
        .c('item');
    if (typeof item === 'string') {
        return publication.c('entry', { xmlns: ATOM }).t(item);
    }
    return localName(item) === 'entry'
        ? publication.cnode(item)
        : publication.cnode($build('entry', { xmlns: ATOM }).cnode(item).tree());
}

/** Asks whether anybody is there (XEP-0199). */
export function ping(domain: string): Builder {
    return $iq({ type: 'get', to: domain }).c('ping', { xmlns: PING });
}

/** The events in a message, in the order of the service. */
export function readEvents(message: Element): NodeEvent[] {
    const event = child(message, 'event', EVENT);
    if (event === null) {
        return [];
    }
    const isOld = child(message, 'delay', DELAY) !== null;
    return children(event).flatMap((element): NodeEvent[] => {
        const node = element.getAttribute('node') ?? '';
        switch (localName(element)) {
            case 'items':
                return children(element).flatMap((item): NodeEvent[] => {
                    const id = item.getAttribute('id') ?? '';
                    if (is(item, 'retract')) {
                        return [{ kind: 'retracted', node, id }];
                    }
                    return is(item, 'item') ? [{ kind: 'published', node, entry: readItem(node, item), isOld }] : [];
                });
            case 'purge':
                return [{ kind: 'purged', node }];
            case 'delete':
                return [{ kind: 'deleted', node }];
            default:
                return [];
        }
    });
}

/** How a subscription is doing: `pending` until the node is made, or until its owner has approved. */
export interface Subscription {
    readonly node: string;
    readonly state: 'subscribed' | 'pending' | 'none';
}

/** The state of a subscription, in an answer (§6.1.1) or in a message of its own (§12.1); `null` where there is none. */
export function readSubscription(stanza: Element): Subscription | null {
    const pubsub = child(stanza, 'pubsub', PUBSUB);
    const subscription = pubsub === null ? null : child(pubsub, 'subscription', PUBSUB);
    if (subscription === null) {
        return null;
    }
    const state = subscription.getAttribute('subscription');
    return {
        node: subscription.getAttribute('node') ?? '',
        state: state === 'pending' || state === 'none' ? state : 'subscribed',
    };
}

/** The items in an answer, as the service has ordered them. */
export function readItems(answer: Element, node: string): Entry[] {
    const pubsub = child(answer, 'pubsub', PUBSUB);
    const items = pubsub === null ? null : child(pubsub, 'items', PUBSUB);
    const found = items === null ? [] : children(items).filter((item) => is(item, 'item'));
    return found.map((item) => readItem(node, item));
}

function readItem(node: string, item: Element): Entry {
    const payload = children(item)[0] ?? null;
    return new Entry(node, item.getAttribute('id') ?? '', item.getAttribute('publisher'), payload);
}

/** The ids that a service has given to what was published. */
export function readPublished(answer: Element): string[] {
    const pubsub = child(answer, 'pubsub', PUBSUB);
    const published = pubsub === null ? null : child(pubsub, 'publish', PUBSUB);
    return published === null ? [] : children(published).map((item) => item.getAttribute('id') ?? '');
}

/** Why a service has refused, in the words of RFC 6120 §8.3.3. */
export class RefusedError extends Error {
    /** `item-not-found`, `forbidden` and so on; `timeout` where no answer came, `disconnected` where none can come. */
    readonly condition: string;

    constructor(condition: string, text: string | null = null) {
        super(text === null ? condition : `${condition}: ${text}`);
        this.name = 'RefusedError';
        this.condition = condition;
    }

    /** Whether asking again may help. */
    get isPassing(): boolean {
        return ['timeout', 'disconnected', 'resource-constraint', 'remote-server-timeout', 'item-not-found'].includes(
            this.condition,
        );
    }
}

/** Reads an error; an answer that never came is `null`. */
export function readError(answer: Element | null): RefusedError {
    if (answer === null) {
        return new RefusedError('timeout', 'the service did not answer in time');
    }
    const error = child(answer, 'error');
    const parts = error === null ? [] : children(error).filter((part) => part.namespaceURI === STANZAS);
    const condition = parts.find((part) => localName(part) !== 'text');
    const text = parts.find((part) => localName(part) === 'text');
    return new RefusedError(
        condition === undefined ? 'undefined-condition' : localName(condition),
        text?.textContent || null,
    );
}
