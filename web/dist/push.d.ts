/**
 * How long to wait before the next attempt: twice as long each time up to a limit, and never in step with others.
 *
 * Knows numbers only; who waits is the caller, with `sleep`.
 */
interface BackOffOptions {
    /** The first wait at most, in milliseconds; 500 by default. */
    first?: number;
    /** No wait is longer, in milliseconds; 30 000 by default. */
    longest?: number;
    /** A number from 0 up to 1, each time another; `Math.random` by default. */
    random?: () => number;
}

/**
 * Listeners by the name of what they wait for.
 *
 * A listener that throws stops neither the others nor the one who tells: its error is reported as an uncaught one.
 */
type Listener<Arguments extends unknown[]> = (...told: Arguments) => void;
/** Takes a listener away again; a second call does nothing. */
type Off = () => void;

/**
 * The list API: `GET /api/v1/<resource>/`, page by page, with the position at which a page was read.
 *
 * Knows the shape that Tastypie gave such lists. Does not know events.
 */
/** What a page says of itself. */
interface Meta {
    readonly limit: number;
    readonly offset: number;
    /** Where the next page is, relative to the origin; `null` at the end. */
    readonly next: string | null;
    readonly previous: string | null;
    /** How many rows there are in all. */
    readonly total_count: number;
    /** The moment at which the page was read: events from there on miss nothing. Absent from foreign lists. */
    readonly position?: string | null;
}
/** A page of rows. */
interface Page<Row> {
    readonly meta: Meta;
    readonly objects: readonly Row[];
}
/** Arguments of a list: filters such as `user__username`, `order_by`, `limit`, `offset`. Several values are repeated. */
interface ListQuery {
    readonly [name: string]: string | number | boolean | null | undefined | readonly (string | number)[];
}
/** Why a list could not be read. */
declare class ListError extends Error {
    /** The status of the answer; 0 where there was none. */
    readonly status: number;
    constructor(status: number, message: string);
    /** Whether asking again may help. */
    get isPassing(): boolean;
}

/**
 * What the HTTP push gateway says, and what it means.
 *
 * Pure: a JSON value becomes a message or one of the few other things that travel the same way. Takes what nginx-push-stream-module's
 * usual template makes, too; there a cursor is missing, and `eventid` takes its place.
 */
/** What was done to the row that a message shows. */
type Action = 'create' | 'update' | 'delete';
/** A message of a channel. */
interface PushMessage {
    /** Within its channel: 1, 2, 3 and so on. */
    readonly id: number;
    readonly channel: string;
    /** As it came: text, or the JSON value that the gateway put in. */
    readonly text: unknown;
    /** The JSON value in `text`, if it is an object or a list; otherwise `text` itself. */
    readonly data: unknown;
    /** What was done to the row; `null` where the message shows none, or its sender does not know. */
    readonly action: Action | null;
    /** When it was published, to the second. */
    readonly time: Date | null;
    /** The number within that second. */
    readonly tag: number;
    /** By which its publisher calls it; may be empty. */
    readonly eventId: string;
    /** Where to go on after it. */
    readonly cursor: string | null;
}

/**
 * The four ways over which messages come, each as one function: it opens a connection, tells what comes, and resolves when it is over.
 *
 * Each knows the browser's interface of its way. None connects again, and none remembers anything.
 */
/** A way to hear. */
type Transport = 'websocket' | 'eventsource' | 'stream' | 'longpoll';

/**
 * Keeps a set of channels coming: one connection after another, each going on where the last one ended.
 *
 * Chooses among the ways that are there, falls back to the next when one does not get through, waits longer each time, and drops what
 * was told before. Knows no URLs' shapes: it asks its `Gateway` for each.
 */

/** How a feed is doing. */
type FeedStatus = {
    readonly kind: 'connecting';
    readonly transport: Transport;
} | {
    readonly kind: 'open';
    readonly transport: Transport;
} | {
    readonly kind: 'waiting';
    readonly reason: string;
    readonly milliseconds: number;
}
/** It will not get better by itself: a wrong name, or no right to hear. */
 | {
    readonly kind: 'refused';
    readonly reason: string;
} | {
    readonly kind: 'closed';
};

/**
 * What waits for a reader who takes it one by one: an async iterator over a bounded queue.
 *
 * The policy when the reader is too slow: everything that waits is dropped, and the reader finds a `reset` in its place. So memory is
 * bounded, and nobody takes what is left for everything.
 */

/** What a reader of messages finds. */
type Received = {
    readonly kind: 'message';
    readonly message: PushMessage;
} | {
    readonly kind: 'reset';
    readonly channel: string;
    readonly reason: ResetReason;
} | {
    readonly kind: 'deleted';
    readonly channel: string;
    readonly text: unknown;
};
/** `gap`: the gateway does not have what was missed; `overflow`: this reader was too slow. */
type ResetReason = 'gap' | 'overflow';

/**
 * Rows by their keys, in the order in which they are shown, and how far the list was read. Pure.
 *
 * What came as an event is newer than what a page of a list holds, whichever arrives first: pages fill in, events overwrite. A row that
 * lies behind what was read is not shown, because a page will bring it: otherwise there were a hole in between, and the next page began
 * too far ahead.
 */
/** By what a row is known. */
type Key = string | number;
/** Which row comes first: negative for the first one, as `Array.prototype.sort` has it. */
type Compare<Row> = (one: Row, two: Row) => number;
/** What a change did to the rows that are shown. */
type Effect = 'added' | 'changed' | 'removed' | 'none';

/**
 * A list that stays up to date: its first page, and from before it was read every event, so that none is missing in between.
 *
 * Listens first and reads then; what is heard meanwhile waits and is applied to what was read. Applying a row that the page holds already
 * changes nothing, and one that is older than the page's is followed by the newer one. When the feed has lost its place the list is read anew.
 */

interface LiveOptions<Row> {
    /** Arguments of the list: filters, `limit`, `order_by`. */
    query?: ListQuery;
    /** The field by which a row is known, or a function; `id` by default. */
    key?: string | ((row: Row) => Key | null);
    /**
     * Which row comes first: the order of the list, or the contrary. It tells which rows lie behind the pages that were read; those are
     * not shown until their page is. Without it new rows come first, pages follow as the list has them, and a row that was not read yet
     * is not shown when it changes.
     */
    compare?: Compare<Row>;
    /** Rows of the channel that do not belong to this list. */
    accept?: (row: Row, message: PushMessage) => boolean;
    /** So many rows are kept, 10 000 by default; the last ones go first. */
    most?: number;
    /** Ends it. */
    signal?: AbortSignal;
}
/** What a live list tells. */
interface LiveEvents<Row> {
    /** The rows are other ones. `message` is what did it; `null` for a page of the list. */
    change: [rows: readonly Row[], message: PushMessage | null];
    /** A row came, changed or went. */
    row: [row: Row, effect: Exclude<Effect, 'none'>, message: PushMessage];
    /** Something was missed, and the list is read anew. */
    reset: [];
    status: [status: FeedStatus];
    /** The list cannot be read; where that may pass it is tried again. */
    error: [error: ListError];
}
/** What a live list stands on. */
interface LiveSources<Row> {
    page(query: ListQuery, signal: AbortSignal): Promise<Page<Row>>;
    /** Listens from now on; what it returns ends that. */
    listen(hear: (received: Received) => void, status: (status: FeedStatus) => void): () => void;
}
declare class LiveList<Row> {
    #private;
    /** Resolves when the first page is there; rejects when it never will be. */
    readonly ready: Promise<void>;
    constructor(sources: LiveSources<Row>, options: LiveOptions<Row>, backOff?: BackOffOptions);
    /** The rows, in order. A new array after each change. */
    get rows(): readonly Row[];
    /** How many rows the list has in all, those included that were not read yet. */
    get total(): number;
    /** Whether there are rows that were not read yet, and could be kept. */
    get hasMore(): boolean;
    on<Name extends keyof LiveEvents<Row>>(name: Name, listener: Listener<LiveEvents<Row>[Name]>): Off;
    /** Reads one more page; resolves with how many rows were new. Calls at the same time are one. */
    more(): Promise<number>;
    /** Ends it. The rows stay. */
    close(): void;
}

/** Where the gateway is asked for what. Pure. */
/** A channel to listen to: its name, or a node's, such as `/twitter/Tweet`. */
type Channel = string | {
    readonly name: string;
    /** So many of the last messages are told at the first connection. */
    readonly backtrack?: number;
};

/**
 * `PushClient`: the HTTP side of the page.
 *
 * Puts together channels, one feed for all of them, lists and publishing; what each of them does is in its own file.
 */

/** The word that lets a client hear or publish; a function is asked for a new one before each connection. */
type Token = string | (() => string | Promise<string>);
/** The options of a `PushClient`. */
interface PushOptions {
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
interface PushEvents {
    message: [message: PushMessage];
    /** Messages are missing before the next one: read your list anew. `channel` is empty where it may be any. */
    reset: [channel: string, reason: ResetReason];
    /** A channel was deleted. */
    deleted: [channel: string, text: unknown];
    status: [status: FeedStatus];
}
/** What publishing is answered with: how the channel is now. */
interface ChannelInfo {
    readonly channel: string;
    readonly published_messages: number;
    readonly stored_messages: number;
    readonly subscribers: number;
}
/** Why something was not published. */
declare class PublishError extends Error {
    /** The status of the answer; 0 where there was none. */
    readonly status: number;
    constructor(status: number, message: string);
}
declare class PushClient {
    #private;
    /** Connects at once, if there are channels. The second argument is for tests. */
    constructor(options?: PushOptions, tested?: unknown);
    /** How it is doing. */
    get status(): FeedStatus;
    /** Where it would go on: hand it to a later client as its `cursor`. */
    get cursor(): string | null;
    /** The same, by the name that `PubSubClient` has for it. */
    get lastEventId(): string | null;
    /** Calls `listener` each time from now on, until what this returns is called. */
    on<Name extends keyof PushEvents>(name: Name, listener: Listener<PushEvents[Name]>): Off;
    off<Name extends keyof PushEvents>(name: Name, listener: Listener<PushEvents[Name]>): void;
    /**
     * What comes from now on, one by one: `for await (const received of push.messages())`.
     *
     * Up to `buffer` of them wait (1000 by default). A reader that falls further behind loses all that waits, and finds a `reset`
     * with the reason `overflow` in its place. The loop ends with the client, and throws where the gateway refuses.
     */
    messages(options?: {
        buffer?: number;
        signal?: AbortSignal;
    }): AsyncIterableIterator<Received>;
    [Symbol.asyncIterator](): AsyncIterableIterator<Received>;
    /** Publishes to a channel, or the same to several. Text goes as it is, anything else as JSON. Rejects with a `PublishError`. */
    publish(channel: string | readonly string[], body: unknown, options?: {
        eventId?: string;
        eventType?: string;
        signal?: AbortSignal;
    }): Promise<ChannelInfo | null>;
    /** Reads a page of a list. Rejects with a `ListError`. */
    list<Row>(resource: string, query?: ListQuery, options?: {
        signal?: AbortSignal;
    }): Promise<Page<Row>>;
    /** A list that stays up to date: the rows of `resource` now, and what `channel` says of them from then on. */
    live<Row>(resource: string, channel: Channel | readonly Channel[], options?: LiveOptions<Row>): LiveList<Row>;
    /** Ends it, with all its readers and live lists. */
    close(): void;
    /** The names it listens to. */
    get channels(): string[];
}

export { ListError, LiveList, PublishError, PushClient };
export type { BackOffOptions, Channel, ChannelInfo, Compare, FeedStatus, Key, ListQuery, LiveEvents, LiveOptions, Meta, Off, Page, PushEvents, PushMessage, PushOptions, Received, ResetReason, Token, Transport };
