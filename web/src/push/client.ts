/**
 * `PushClient`: the HTTP side of the page.
 *
 * Puts together channels, one feed for all of them, lists and publishing; what each of them does is in its own file.
 */

import type { BackOffOptions } from '../backoff.js';
import { Emitter, type Listener, type Off } from '../emitter.js';
import { fetchPage, type ListQuery, listUrl, type Page } from '../rest/list.js';
import { LiveList, type LiveOptions } from '../rest/live.js';
import { Feed, type FeedStatus, type Place } from './feed.js';
import { Inbox, type Received, type ResetReason } from './inbox.js';
import type { Heard, PushMessage } from './message.js';
import { type Browser, credentials, type Opening, type Transport, transports } from './transport.js';
import { type Channel, check, nameOf, path, url } from './url.js';

/** The word that lets a client hear or publish; a function is asked for a new one before each connection. */
export type Token = string | (() => string | Promise<string>);

/** The options of a `PushClient`. */
export interface PushOptions {
    /** Where the gateway is; `/events` of the page's origin by default. */
    base?: string | URL;
    /** Where the lists are; `/api/v1` of the page's origin by default. */
    api?: string | URL;
    /** What to listen to. A client without channels reads lists and publishes. */
    channels?: Channel | readonly Channel[];
    /** Goes on after this cursor, which an earlier client had. */
    cursor?: string | null;
    /** Goes on where a list ended: the `position` in its `meta`. */
    position?: string | null;
    /** A channel token (JWT). */
    token?: Token;
    /**
     * Whether a gateway on another origin is sent the cookies that the browser has for it, if it lets pages of this one do so. To its own
     * origin, and with a WebSocket, the browser sends them anyway. Off by default.
     */
    withCredentials?: boolean;
    /** The ways to hear, in the order of trying. All by default: WebSocket, EventSource, streaming, long polling. */
    transports?: readonly Transport[];
    /** Types of events that publishers name; needed by `eventsource`, which hears no others. */
    eventTypes?: readonly string[];
    /** The waits between attempts. */
    backOff?: BackOffOptions;
    /** A stream that was silent for this long is given up, in milliseconds; 45 000 by default. */
    silence?: number;
    /** An attempt to connect has failed after this time, in milliseconds; 15 000 by default. */
    connectTimeout?: number;
    /** Ends it. */
    signal?: AbortSignal;
}

/** What a client tells, by name. */
export interface PushEvents {
    message: [message: PushMessage];
    /** Messages are missing before the next one: read your list anew. `channel` is empty where it may be any. */
    reset: [channel: string, reason: ResetReason];
    /** A channel was deleted. */
    deleted: [channel: string, text: unknown];
    status: [status: FeedStatus];
}

/** What publishing is answered with: how the channel is now. */
export interface ChannelInfo {
    readonly channel: string;
    readonly published_messages: number;
    readonly stored_messages: number;
    readonly subscribers: number;
}

/** Why something was not published. */
export class PublishError extends Error {
    /** The status of the answer; 0 where there was none. */
    readonly status: number;

    constructor(status: number, message: string) {
        super(message);
        this.name = 'PublishError';
        this.status = status;
    }
}

/** What a test brings instead of the browser's. */
interface Seams {
    readonly browser?: Browser;
    readonly page?: URL;
}

const AT_ONCE = { 'X-Nginx-PushStream-Mode': 'polling' };
const TRANSPORTS: readonly Transport[] = ['websocket', 'eventsource', 'stream', 'longpoll'];

/** The part of the gateway's address that stands for a way. A stream is one of events: what `sub` sends is for frames in pages. */
const PLACES: Readonly<Record<Transport, string>> = {
    websocket: 'ws',
    eventsource: 'ev',
    stream: 'ev',
    longpoll: 'lp',
};

export class PushClient {
    readonly #options: PushOptions;
    readonly #page: URL;
    readonly #browser: Browser;
    readonly #channels: readonly Channel[];
    readonly #emitter = new Emitter<PushEvents>();
    readonly #inboxes = new Set<Inbox>();
    readonly #lives = new Set<PushClient>();
    #feed: Feed | null = null;
    #status: FeedStatus = { kind: 'closed' };
    /** The token of the last opening. */
    #last: string | null = null;

    /** Connects at once, if there are channels. The second argument is for tests. */
    constructor(options: PushOptions = {}, tested?: unknown) {
        const seams = (tested ?? {}) as Seams;
        this.#options = options;
        this.#page = seams.page ?? new URL(globalThis.location?.href ?? 'http://localhost/');
        this.#browser = seams.browser ?? {
            WebSocket: globalThis.WebSocket,
            EventSource: globalThis.EventSource,
            fetch: (...request) => globalThis.fetch(...request),
        };
        this.#channels = options.channels === undefined ? [] : [options.channels].flat();
        const unknown = options.transports?.find((transport) => !TRANSPORTS.includes(transport));
        if (unknown !== undefined || options.transports?.length === 0) {
            throw new TypeError(
                `transports must name some of ${TRANSPORTS.join(', ')}, not ${JSON.stringify(unknown)}`,
            );
        }
        options.signal?.addEventListener('abort', () => this.close(), { once: true });
        if (this.#channels.length > 0 && !options.signal?.aborted) {
            check(this.#channels);
            this.#listen();
        }
    }

    /** How it is doing. */
    get status(): FeedStatus {
        return this.#status;
    }

    /** Where it would go on: hand it to a later client as its `cursor`. */
    get cursor(): string | null {
        return this.#feed?.cursor ?? this.#options.cursor ?? null;
    }

    /** The same, by the name that `PubSubClient` has for it. */
    get lastEventId(): string | null {
        return this.cursor;
    }

    /** Calls `listener` each time from now on, until what this returns is called. */
    on<Name extends keyof PushEvents>(name: Name, listener: Listener<PushEvents[Name]>): Off {
        return this.#emitter.on(name, listener);
    }

    off<Name extends keyof PushEvents>(name: Name, listener: Listener<PushEvents[Name]>): void {
        this.#emitter.off(name, listener);
    }

    /**
     * What comes from now on, one by one: `for await (const received of push.messages())`.
     *
     * Up to `buffer` of them wait (1000 by default). A reader that falls further behind loses all that waits, and finds a `reset`
     * with the reason `overflow` in its place. The loop ends with the client, and throws where the gateway refuses.
     */
    messages(options: { buffer?: number; signal?: AbortSignal } = {}): AsyncIterableIterator<Received> {
        const inbox: Inbox = new Inbox(options.buffer ?? 1000, () => {
            this.#inboxes.delete(inbox);
        });
        this.#inboxes.add(inbox);
        options.signal?.addEventListener('abort', () => inbox.close(), { once: true });
        if (options.signal?.aborted || this.#status.kind === 'closed') {
            inbox.close();
        } else if (this.#status.kind === 'refused') {
            inbox.close(new Error(this.#status.reason));
        }
        return inbox;
    }

    [Symbol.asyncIterator](): AsyncIterableIterator<Received> {
        return this.messages();
    }

    /** Publishes to a channel, or the same to several. Text goes as it is, anything else as JSON. Rejects with a `PublishError`. */
    async publish(
        channel: string | readonly string[],
        body: unknown,
        options: { eventId?: string; eventType?: string; signal?: AbortSignal } = {},
    ): Promise<ChannelInfo | null> {
        const channels = [channel].flat();
        check(channels);
        const at = this.#at('pub', channels, false, null);
        const headers: Record<string, string> = {
            Accept: 'application/json',
            'Content-Type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
            ...(await this.#authorization()),
            ...(options.eventId ? { 'Event-Id': options.eventId } : {}),
            ...(options.eventType ? { 'Event-Type': options.eventType } : {}),
        };
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        if (text === undefined) {
            throw new TypeError('this cannot be written as JSON');
        }
        const request: RequestInit = {
            method: 'POST',
            headers,
            body: text,
            signal: options.signal ?? null,
            credentials: credentials(this.#options.withCredentials),
        };
        const response = await this.#browser.fetch(at, request).catch((error: unknown) => {
            options.signal?.throwIfAborted();
            throw new PublishError(0, `the gateway cannot be reached: ${String(error)}`);
        });
        if (!response.ok) {
            const explain = response.headers.get('X-Nginx-PushStream-Explain');
            throw new PublishError(response.status, explain ?? `the gateway answered ${response.status}`);
        }
        return (await response.json().catch(() => null)) as ChannelInfo | null;
    }

    /** Reads a page of a list. Rejects with a `ListError`. */
    async list<Row>(
        resource: string,
        query: ListQuery = {},
        options: { signal?: AbortSignal } = {},
    ): Promise<Page<Row>> {
        const at = listUrl(this.#base('api', '/api/v1'), resource, query);
        const request = {
            headers: await this.#authorization(),
            signal: options.signal ?? null,
            credentials: credentials(this.#options.withCredentials),
        };
        return fetchPage<Row>(this.#browser.fetch, at, request);
    }

    /** A list that stays up to date: the rows of `resource` now, and what `channel` says of them from then on. */
    live<Row>(resource: string, channel: Channel | readonly Channel[], options: LiveOptions<Row> = {}): LiveList<Row> {
        const live = new LiveList<Row>(
            {
                page: (query, signal) => this.list<Row>(resource, query, { signal }),
                listen: (hear, status) => {
                    const { channels: _, cursor: __, position: ___, ...options } = this.#options;
                    const client = new PushClient(
                        { ...options, channels: channel },
                        { browser: this.#browser, page: this.#page },
                    );
                    client.on('message', (message) => hear({ kind: 'message', message }));
                    client.on('reset', (channel, reason) => hear({ kind: 'reset', channel, reason }));
                    client.on('deleted', (channel, text) => hear({ kind: 'deleted', channel, text }));
                    client.on('status', status);
                    this.#lives.add(client);
                    return () => {
                        this.#lives.delete(client);
                        client.close();
                    };
                },
            },
            options,
            this.#options.backOff,
        );
        this.#options.signal?.addEventListener('abort', () => live.close(), { once: true });
        return live;
    }

    /** Ends it, with all its readers and live lists. */
    close(): void {
        this.#feed?.stop();
        for (const live of [...this.#lives]) {
            live.close();
        }
        this.#finish(null);
    }

    #listen(): void {
        const { cursor = null, position = null } = this.#options;
        const settings = {
            transports: this.#options.transports ?? TRANSPORTS,
            backOff: this.#options.backOff ?? {},
            silence: this.#options.silence ?? 45_000,
            connectTimeout: this.#options.connectTimeout ?? 15_000,
        };
        this.#feed = new Feed(
            settings,
            transports(this.#browser),
            {
                opening: (transport, place, signal) => this.#opening(transport, place, signal),
                canRenew: typeof this.#options.token === 'function',
            },
            { heard: (heard) => this.#tell(heard), status: (status) => this.#changed(status) },
            { cursor, position },
        );
        this.#status = { kind: 'connecting', transport: settings.transports[0] ?? 'websocket' };
        void this.#feed.run();
    }

    async #opening(transport: Transport, place: Place, signal: AbortSignal): Promise<Opening> {
        const isFirst = place.cursor === null;
        const token = place.isContinued ? this.#last : await this.#token();
        this.#last = token;
        const canSendHeaders = transport === 'stream' || transport === 'longpoll';
        const at = this.#at(PLACES[transport], this.#channels, isFirst, place.elsewhere);
        return {
            url: url(at, {
                eventid: place.cursor,
                position: isFirst ? place.position : null,
                // Asks to be told where to go on before there is a message; the other ways do so by themselves.
                hello: transport === 'websocket' && isFirst ? '1' : null,
                token: canSendHeaders ? null : token,
            }),
            headers: {
                ...(canSendHeaders ? bearer(token) : {}),
                // A poll that is answered at once says where to go on.
                ...(transport === 'longpoll' && isFirst ? AT_ONCE : {}),
            },
            withCredentials: this.#options.withCredentials ?? false,
            eventTypes: this.#options.eventTypes ?? [],
            signal,
        };
    }

    #tell(heard: Heard): void {
        switch (heard.kind) {
            case 'message':
                this.#put({ kind: 'message', message: heard.message });
                this.#emitter.emit('message', heard.message);
                break;
            case 'reset':
                this.#put({ kind: 'reset', channel: heard.channel, reason: 'gap' });
                this.#emitter.emit('reset', heard.channel, 'gap');
                break;
            case 'deleted':
                this.#put({ kind: 'deleted', channel: heard.channel, text: heard.text });
                this.#emitter.emit('deleted', heard.channel, heard.text);
                break;
        }
    }

    #put(received: Received): void {
        for (const inbox of [...this.#inboxes]) {
            inbox.put(received);
        }
    }

    #changed(status: FeedStatus): void {
        this.#status = status;
        this.#emitter.emit('status', status);
        if (status.kind === 'refused') {
            this.#finish(new Error(status.reason));
        }
    }

    #finish(error: Error | null): void {
        for (const inbox of [...this.#inboxes]) {
            inbox.close(error);
        }
    }

    #base(option: 'base' | 'api', otherwise: string): URL {
        return new URL(this.#options[option] ?? otherwise, this.#page);
    }

    #at(place: string, channels: readonly Channel[], withBacktrack: boolean, elsewhere: string | null): URL {
        const base = elsewhereOf(elsewhere, this.#base('base', '/events'));
        return new URL(`${base.pathname.replace(/\/$/, '')}/${place}/${path(channels, withBacktrack)}`, base);
    }

    async #token(): Promise<string | null> {
        const { token } = this.#options;
        return (typeof token === 'function' ? await token() : token) ?? null;
    }

    async #authorization(): Promise<Record<string, string>> {
        return bearer(await this.#token());
    }

    /** The names it listens to. */
    get channels(): string[] {
        return this.#channels.map(nameOf);
    }
}

/** Where we were told to go on, if that is a place of the web at all. */
function elsewhereOf(elsewhere: string | null, base: URL): URL {
    try {
        const url = new URL(elsewhere ?? '', base);
        return elsewhere !== null && /^https?:$/.test(url.protocol) ? url : base;
    } catch {
        return base;
    }
}

function bearer(token: string | null): Record<string, string> {
    return token === null ? {} : { Authorization: `Bearer ${token}` };
}
