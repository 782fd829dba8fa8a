/**
 * `PubSubClient`: the XMPP side of the page, with the surface that django-pubsub documented.
 *
 * Puts together settings, session and one follower a node; what each of them does is in its own file.
 */

import type { Builder } from 'strophe.js';
import { BackOff, type BackOffOptions } from '../backoff.js';
import { Emitter, type Listener, type Off } from '../emitter.js';
import { Focus } from '../focus.js';
import type { Entry } from './entry.js';
import { Follower, type Outlet, type Reset } from './follower.js';
import { type Dial, dial, type Link, type Login } from './link.js';
import { isOf } from './position.js';
import { Session, type SessionStatus } from './session.js';
import { attachment, loginsOf, named, nobody, type PubSubOptions, type Settings, settle } from './settings.js';
import * as stanza from './stanza.js';
import { RefusedError } from './stanza.js';

/** How a client is doing. */
export type PubSubStatus =
    | SessionStatus
    /** Connected, and every node is subscribed to and caught up with, or awaited, or was refused as told by `error`. */
    | { readonly kind: 'live' }
    /** `disconnect()` was called. */
    | { readonly kind: 'disconnected' };

/** What a client tells, by name. */
export interface PubSubEvents {
    /** An item was published; the same as `event_cb`. */
    update: [entry: Entry, pubsub: PubSubClient];
    /** An item is gone. The entry is the last row, where it is known. */
    delete: [id: string, node: string, entry: Entry | null, pubsub: PubSubClient];
    /** What was told is not all that happened: read the list anew. */
    reset: [reset: Reset, pubsub: PubSubClient];
    status: [status: PubSubStatus, pubsub: PubSubClient];
    /** The number of unread entries is another one. */
    unread: [unread: number, pubsub: PubSubClient];
    /** A node cannot be subscribed to. */
    error: [error: RefusedError, node: string, pubsub: PubSubClient];
}

/** What a test brings instead of the browser's. */
interface Seams {
    readonly dial?: Dial;
    readonly page?: URL;
    readonly window?: Window;
}

/** A publish that finds no connection waits for one this long, in milliseconds. */
const PATIENCE = 30_000;
/** The waits before a subscription that may be possible later is tried again. */
const SUBSCRIBE_AGAIN: BackOffOptions = { first: 1_000, longest: 30_000 };

export class PubSubClient {
    /** The entries told last, the newest at the end; their number is bounded by `most_updates`. */
    readonly updates: Entry[] = [];
    /** How many entries were told while the window had no focus. */
    unread = 0;
    /** The name to show. */
    readonly nick: string;

    readonly #settings: Settings;
    readonly #dial: Dial;
    readonly #emitter = new Emitter<PubSubEvents>();
    readonly #focus: Focus;
    readonly #followers = new Map<string, Follower>();
    /** Nodes that are subscribed to over this connection. */
    readonly #subscribed = new Set<string>();
    /** Nodes that are asked for again. */
    readonly #retries = new Map<string, { timer: ReturnType<typeof setTimeout>; backOff: BackOff }>();
    /** Whether one can await nodes at the service, once that was asked over this connection. */
    #awaits: Promise<boolean> | null = null;
    #session: Session | null = null;
    #status: PubSubStatus = { kind: 'disconnected' };

    /** Connects at once. The second argument is for tests. */
    constructor(options: PubSubOptions<PubSubClient> = {}, tested?: unknown) {
        const seams = (tested ?? {}) as Seams;
        const page = seams.page ?? new URL(globalThis.location?.href ?? 'http://localhost/');
        this.#settings = settle(options, page);
        this.#dial = seams.dial ?? dial;
        this.nick = options.nick ?? options.username ?? '';
        this.#focus = new Focus(() => this.#read(), seams.window ?? globalThis.window);
        if (options.event_cb !== undefined) {
            this.on('update', options.event_cb);
        }
        for (const node of this.#settings.nodes) {
            this.#follow(node);
        }
        this.#start(loginsOf(options, this.#settings));
    }

    /** Whether the window has the focus. */
    get focus(): boolean {
        return this.#focus.isThere;
    }

    /** How it is doing. */
    get status(): PubSubStatus {
        return this.#status;
    }

    /** The full JID, while connected. */
    get jid(): string | null {
        return this.#session?.link?.jid ?? null;
    }

    /** Up to where everything was told: hand it to a later client as its `lastEventId`, and it goes on there. */
    get lastEventId(): string {
        return [...this.#followers.values()].map((follower) => follower.position).join(',');
    }

    /** The nodes it follows. */
    get nodes(): string[] {
        return [...this.#followers.keys()];
    }

    /** Calls `listener` each time from now on, until what this returns is called. */
    on<Name extends keyof PubSubEvents>(name: Name, listener: Listener<PubSubEvents[Name]>): Off {
        return this.#emitter.on(name, listener);
    }

    off<Name extends keyof PubSubEvents>(name: Name, listener: Listener<PubSubEvents[Name]>): void {
        this.#emitter.off(name, listener);
    }

    /** Connects anew: by name, or anonymously without one. What is followed stays so. */
    connect(username?: string, password = ''): void {
        this.#start([username ? named(username, password, this.#settings) : nobody(this.#settings)]);
    }

    /** Takes over a BOSH session that the web server has begun. */
    attach(jid: string, sid: string, rid: number | string): void {
        this.#start([attachment(jid, sid, rid)]);
    }

    /** Ends the connection for good, and the subscriptions as far as they can be told. `connect` begins again. */
    disconnect(): void {
        const link = this.#session?.link;
        if (link) {
            for (const node of this.#subscribed) {
                link.request(stanza.unsubscribe(this.#settings.service, node, link.jid)).catch(() => {});
            }
        }
        this.#halt();
        this.#tell({ kind: 'disconnected' });
    }

    /** `disconnect`, and no more listening to the window. */
    close(): void {
        this.disconnect();
        this.#focus.close();
    }

    /**
     * Follows one more node. Resolves when it is subscribed to; rejects when the service refuses.
     *
     * A node that nobody has made yet is awaited where the service can do that (`urn:pubsub:await:1`, as ours does); elsewhere it rejects
     * with `item-not-found`, and asks again by itself.
     */
    async subscribe(node: string): Promise<void> {
        const follower = this.#follow(node);
        const link = await this.#connected();
        if (!this.#subscribed.has(node)) {
            await this.#begin(follower, link);
        }
    }

    /** Follows a node no longer. */
    async unsubscribe(node: string): Promise<void> {
        const link = this.#session?.link;
        this.#followers.get(node)?.end();
        this.#followers.delete(node);
        if (link && this.#subscribed.delete(node)) {
            await link.request(stanza.unsubscribe(this.#settings.service, node, link.jid));
        }
    }

    /**
     * Publishes texts or elements, each as an item of its own and in this order; resolves with the ids of the items.
     *
     * Each goes in a request of its own, because services differ in what they make of several in one.
     */
    async publish(node: string, items: string | Element | readonly (string | Element)[]): Promise<string[]> {
        const link = await this.#connected();
        const list: readonly (string | Element)[] =
            typeof items === 'string' || !Array.isArray(items) ? [items as string | Element] : items;
        const answers = list.map((item) => link.request(stanza.publish(this.#settings.service, node, item)));
        const ids = (await Promise.all(answers)).flatMap(stanza.readPublished);
        // A node that was not there is there now.
        this.#retries.get(node)?.backOff.reset();
        this.#again(node);
        return ids;
    }

    #start(logins: readonly Login[]): void {
        this.#halt();
        const session: Session = new Session(this.#settings, this.#dial, {
            status: (status) => this.#tell(status),
            up: (link) => this.#up(link),
            message: (message, link) => this.#hear(message, link),
            down: () => this.#down(),
        });
        this.#session = session;
        void session.run(logins);
    }

    #halt(): void {
        this.#session?.stop();
        this.#session = null;
        this.#down();
    }

    #up(link: Link): void {
        const begun = [...this.#followers.values()].map((follower) => this.#begin(follower, link));
        void Promise.allSettled(begun).then(() => {
            if (link === this.#session?.link) {
                this.#tell({ kind: 'live' });
            }
        });
    }

    #down(): void {
        for (const { timer } of this.#retries.values()) {
            clearTimeout(timer);
        }
        this.#retries.clear();
        this.#subscribed.clear();
        this.#awaits = null;
        for (const follower of this.#followers.values()) {
            follower.end();
        }
    }

    #follow(node: string): Follower {
        const known = this.#followers.get(node);
        if (known !== undefined) {
            return known;
        }
        const { positions } = this.#settings;
        const position = positions.find((position) => isOf(position, node)) ?? null;
        const follower = new Follower(
            node,
            {
                update: (entry) => this.#update(entry),
                delete: (node, id, entry) => this.#emitter.emit('delete', id, node, entry, this),
                reset: (reset) => this.#emitter.emit('reset', reset, this),
            },
            position,
        );
        this.#followers.set(node, follower);
        return follower;
    }

    /** Subscribes over this connection. A node that may be there later is asked for again. */
    async #begin(follower: Follower, link: Link): Promise<void> {
        const { node } = follower;
        try {
            this.#subscribed.add(node);
            await follower.begin(this.#outlet(link));
            this.#retries.delete(node);
        } catch (error) {
            if (!(error instanceof RefusedError)) {
                throw error;
            }
            if (error.condition !== 'disconnected' && link === this.#session?.link) {
                this.#subscribed.delete(node);
                this.#emitter.emit('error', error, node, this);
                if (error.isPassing && this.#followers.get(node) === follower) {
                    this.#later(node);
                }
            }
            throw error;
        }
    }

    #later(node: string): void {
        const backOff = this.#retries.get(node)?.backOff ?? new BackOff(SUBSCRIBE_AGAIN);
        const timer = setTimeout(() => this.#again(node), backOff.next());
        this.#retries.set(node, { timer, backOff });
    }

    /** Asks now for a node that was to be asked for later. */
    #again(node: string): void {
        const [retry, follower, link] = [this.#retries.get(node), this.#followers.get(node), this.#session?.link];
        if (retry === undefined || this.#subscribed.has(node)) {
            return;
        }
        clearTimeout(retry.timer);
        if (follower !== undefined && link) {
            this.#begin(follower, link).catch(() => {
                // Told as `error`, and tried again where that may help.
            });
        }
    }

    #outlet(link: Link): Outlet {
        const { service } = this.#settings;
        return {
            subscribe: (node) => this.#ask(node, link),
            recent: async (node, most) => {
                return stanza.readItems(await link.request(stanza.recentItems(service, node, most)), node);
            },
        };
    }

    /** Subscribes. A node that nobody has made yet is awaited, where the service can do that. */
    async #ask(node: string, link: Link): Promise<'subscribed' | 'pending'> {
        const { service } = this.#settings;
        const subscribe = async (request: Builder) => {
            const state = stanza.readSubscription(await link.request(request))?.state;
            return state === 'pending' ? state : 'subscribed';
        };
        try {
            return await subscribe(stanza.subscribe(service, node, link.jid));
        } catch (error) {
            if (!(error instanceof RefusedError) || error.condition !== 'item-not-found') {
                throw error;
            }
            if (link === this.#session?.link) {
                this.#followers.get(node)?.isNotThere();
            }
            if (await this.#canAwait(link)) {
                return await subscribe(stanza.subscribeOrAwait(service, node, link.jid)).catch((refused: unknown) => {
                    // Too many are awaited, or it is there now: asking again later is right for both.
                    throw refused instanceof RefusedError && refused.condition !== 'disconnected' ? error : refused;
                });
            }
            throw error;
        }
    }

    /** Whether the service announces that nodes can be awaited. Asked once a connection, and only when there is a reason. */
    #canAwait(link: Link): Promise<boolean> {
        this.#awaits ??= link.request(stanza.features(this.#settings.service)).then(stanza.readAwaits, () => false);
        return this.#awaits;
    }

    /** The service says how a subscription is doing. */
    async #stands({ node, state }: stanza.Subscription, outlet: Outlet): Promise<void> {
        if (state === 'pending') {
            return;
        }
        const wasWaitedFor = await this.#followers.get(node)?.stands(state, outlet);
        if (state === 'none' && wasWaitedFor) {
            this.#subscribed.delete(node);
            const error = new RefusedError('not-allowed', `node ${node} does not let us subscribe`);
            this.#emitter.emit('error', error, node, this);
        }
    }

    #hear(message: Element, link: Link): void {
        const outlet = this.#outlet(link);
        // Anybody can send a message that looks like one of the service's.
        if (bareJid(message.getAttribute('from') ?? '') !== bareJid(this.#settings.service)) {
            return;
        }
        const subscription = stanza.readSubscription(message);
        if (subscription !== null) {
            this.#stands(subscription, outlet).catch(() => {
                // The connection is gone; the next one looks back.
            });
        }
        for (const event of stanza.readEvents(message)) {
            this.#followers.get(event.node)?.hear(event, outlet);
        }
    }

    #update(entry: Entry): void {
        if (this.#settings.mostUpdates > 0) {
            this.updates.push(entry);
            if (this.updates.length > this.#settings.mostUpdates) {
                this.updates.shift();
            }
        }
        if (!this.focus) {
            this.unread += 1;
        }
        this.#emitter.emit('update', entry, this);
        if (!this.focus) {
            this.#emitter.emit('unread', this.unread, this);
        }
    }

    /** Whoever comes back has seen what was unread. */
    #read(): void {
        if (this.focus && this.unread !== 0) {
            this.unread = 0;
            this.#emitter.emit('unread', 0, this);
        }
    }

    #tell(status: PubSubStatus): void {
        this.#status = status;
        this.#emitter.emit('status', status, this);
    }

    /** The connection, as soon as there is one. */
    #connected(): Promise<Link> {
        const link = this.#session?.link;
        if (link) {
            return Promise.resolve(link);
        }
        const why = whyNone(this.#status);
        if (why !== null) {
            return Promise.reject(new RefusedError('disconnected', `${why}: call connect()`));
        }
        return new Promise((resolve, reject) => {
            const done = () => {
                clearTimeout(timer);
                off();
            };
            const fail = (reason: string) => {
                done();
                reject(new RefusedError('disconnected', reason));
            };
            const timer = setTimeout(() => fail('there was no connection in time'), PATIENCE);
            const off = this.on('status', (status) => {
                const link = this.#session?.link;
                const why = whyNone(status);
                if (status.kind === 'connected' && link) {
                    done();
                    resolve(link);
                } else if (why !== null) {
                    fail(why);
                }
            });
        });
    }
}

/** Why there will be no connection, if so. */
function whyNone(status: PubSubStatus): string | null {
    switch (status.kind) {
        case 'refused':
            return status.reason;
        case 'disconnected':
            return 'the client was disconnected';
        default:
            return null;
    }
}

function bareJid(jid: string): string {
    return (jid.split('/', 1)[0] ?? '').toLowerCase();
}
