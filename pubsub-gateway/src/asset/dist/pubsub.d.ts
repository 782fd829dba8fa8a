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
type Action$1 = 'create' | 'update' | 'delete';
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
    readonly action: Action$1 | null;
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

/**
 * The mark of the sender inside an entry: `<change xmlns="urn:pubsub:change:1" seq="" log="" action="" origin=""/>`.
 *
 * With a log, the numbers of a node follow each other without gaps; without one they are those of their origin. Of what foreign
 * programs publish only the words are known.
 */
/** What was done to the saved row. */
type Action = 'create' | 'update' | 'delete';
interface Stamp {
    /** The number of the change. */
    readonly sequence: bigint | null;
    /** The log in which that number counts. */
    readonly log: string | null;
    /** What was done; `null` where the sender does not know. */
    readonly action: Action | null;
    /** Who did it: the id of the handle that saved. */
    readonly origin: string | null;
}

/**
 * One item of a node as it is handed to the page.
 *
 * It is a list of one element, which is what jQuery takes for a selection: `$(entry).text()` and `$(entry).find('author')` work as
 * they did when the entry came wrapped in jQuery, and without jQuery there are `text()` and `field()`.
 */

declare class Entry {
    /** The `<entry/>` element, or whatever else was the payload; absent where an item came without. */
    readonly 0: Element | undefined;
    readonly length: 0 | 1;
    /** The node it was published to. */
    readonly node: string;
    /** The id of the item: the same again when the same row is saved again. */
    readonly id: string;
    /** The JID of who published it, where the service says so. */
    readonly publisher: string | null;
    /** The sender's mark: number, log, action and origin. */
    readonly stamp: Stamp;
    constructor(node: string, id: string, publisher: string | null, element: Element | null);
    /** The element itself; `null` where an item came without. */
    get element(): Element | null;
    /** What was done to the row: created, updated or deleted; `null` where the sender does not know. */
    get action(): Action | null;
    /** All the text in it: the payload, where the payload is text. */
    text(): string;
    /** The element inside the entry that stands for the row: `<Tweet/>`; `null` where the entry holds only text. */
    get payload(): Element | null;
    /** The text of a field of the row, be it a child or an attribute; `null` where it has none of that name. */
    field(name: string): string | null;
}

/**
 * What is said to a PubSub service (XEP-0060) and what it answers.
 *
 * Writes with Strophe's builder, which escapes; reads any DOM. Does not know who sends, nor what was told before.
 */

/** Why a service has refused, in the words of RFC 6120 §8.3.3. */
declare class RefusedError extends Error {
    /** `item-not-found`, `forbidden` and so on; `timeout` where no answer came, `disconnected` where none can come. */
    readonly condition: string;
    constructor(condition: string, text?: string | null);
    /** Whether asking again may help. */
    get isPassing(): boolean;
}

/**
 * Follows one node: subscribes, tells what happens, and after an interruption tells what was missed, once and in order.
 *
 * What happens while it looks back waits in a bounded queue. Knows the service through `Outlet` only; how a connection is made and
 * kept is the `session`'s.
 */

/** Why a page should read its list anew: what it was told is not all that happened. */
interface Reset {
    readonly node: string;
    /** `gap`: changes were missed and cannot be read back; `purged`: all items are gone; `deleted`: so is the node. */
    readonly reason: 'gap' | 'purged' | 'deleted';
}

/**
 * One connection to an XMPP server through Strophe.js: over WebSocket (RFC 7395) or BOSH (XEP-0124, XEP-0206).
 *
 * Knows Strophe and its statuses, and tells `session` three things: it is up, a message came, it is down and why. Does not connect
 * again; that is the `session`'s.
 */

/** How to get to the server. */
type Road = 'websocket' | 'bosh';

/**
 * Keeps a connection: tries one road after the other, and after a loss again, later each time, until it is told to stop.
 *
 * Knows roads, waits and logins. Does not know what is said over the connection.
 */

/** How a connection is doing. */
type SessionStatus = {
    readonly kind: 'connecting';
    readonly road: Road;
} | {
    readonly kind: 'connected';
    readonly road: Road;
    readonly jid: string;
} | {
    readonly kind: 'waiting';
    readonly reason: string;
    readonly milliseconds: number;
} | {
    readonly kind: 'refused';
    readonly reason: string;
};

/**
 * What a page says when it makes a `PubSubClient`, and what is made of it.
 *
 * Refuses what cannot work with a sentence that says what to do.
 */

/** The options of a `PubSubClient`. All may be left out: then it logs in anonymously and listens to nothing yet. */
interface PubSubOptions<Client = unknown> {
    /** Logs in as `username@domain`. */
    username?: string;
    /** The password of `username`. */
    password?: string;
    /** A name to show; without `username` the login is anonymous. */
    nick?: string;
    /** With `sid` and `rid`: takes over a BOSH session that the web server has begun. */
    jid?: string;
    sid?: string;
    rid?: number | string;
    /**
     * Takes a BOSH session along when this tab loads the page again, instead of logging in anew: what was published meanwhile is there.
     * One client of a page may do so. Off by default; means nothing to a connection over WebSocket.
     */
    keepalive?: boolean;
    /** A node to subscribe to. */
    node?: string;
    /** Nodes to subscribe to. */
    nodes?: readonly string[];
    /** Called for each update. */
    event_cb?: (entry: Entry, pubsub: Client) => void;
    /** How to connect: one way, or several in the order of trying. Both by default, WebSocket first. */
    transport?: Road | readonly Road[];
    /** Where the WebSocket of the XMPP server is; `/xmpp-websocket` of the page's origin by default. */
    websocket?: string;
    /** Where its BOSH is; `/xmpp-httpbind` of the page's origin by default. */
    bosh?: string;
    /** The domain of the XMPP server; the page's host by default, and `localhost` where that is an address. */
    domain?: string;
    /** The JID of the PubSub service; `pubsub.` and the domain by default. */
    service?: string;
    /** The resource of a named login; a new one for each client by default, so that two pages are not in each other's way. */
    resource?: string;
    /** Goes on where a list ended: the position that came with it, or the `lastEventId` of an earlier client. */
    lastEventId?: string;
    /** So many entries are kept in `updates`, 500 by default; the oldest go first. */
    most_updates?: number;
    /** The waits between attempts. */
    backOff?: BackOffOptions;
    /** An attempt to connect has failed after this time, in milliseconds; 15 000 by default. */
    connectTimeout?: number;
}

/**
 * `PubSubClient`: the XMPP side of the page, with the surface that django-pubsub documented.
 *
 * Puts together settings, session and one follower a node; what each of them does is in its own file.
 */

/** How a client is doing. */
type PubSubStatus = SessionStatus
/** Connected, and every node is subscribed to and caught up with, or awaited, or was refused as told by `error`. */
 | {
    readonly kind: 'live';
}
/** `disconnect()` was called. */
 | {
    readonly kind: 'disconnected';
};
/** What a client tells, by name. */
interface PubSubEvents {
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
declare class PubSubClient {
    #private;
    /** The entries told last, the newest at the end; their number is bounded by `most_updates`. */
    readonly updates: Entry[];
    /** How many entries were told while the window had no focus. */
    unread: number;
    /** The name to show. */
    readonly nick: string;
    /** Connects at once. The second argument is for tests. */
    constructor(options?: PubSubOptions<PubSubClient>, tested?: unknown);
    /** Whether the window has the focus. */
    get focus(): boolean;
    /** How it is doing. */
    get status(): PubSubStatus;
    /** The full JID, while connected. */
    get jid(): string | null;
    /** Up to where everything was told: hand it to a later client as its `lastEventId`, and it goes on there. */
    get lastEventId(): string;
    /** The nodes it follows. */
    get nodes(): string[];
    /** Calls `listener` each time from now on, until what this returns is called. */
    on<Name extends keyof PubSubEvents>(name: Name, listener: Listener<PubSubEvents[Name]>): Off;
    off<Name extends keyof PubSubEvents>(name: Name, listener: Listener<PubSubEvents[Name]>): void;
    /** Connects anew: by name, or anonymously without one. What is followed stays so. */
    connect(username?: string, password?: string): void;
    /** Takes over a BOSH session that the web server has begun. */
    attach(jid: string, sid: string, rid: number | string): void;
    /** Ends the connection for good, and the subscriptions as far as they can be told. `connect` begins again. */
    disconnect(): void;
    /** `disconnect`, and no more listening to the window. */
    close(): void;
    /**
     * Follows one more node. Resolves when it is subscribed to; rejects when the service refuses.
     *
     * A node that nobody has made yet is awaited where the service can do that (`urn:pubsub:await:1`, as ours does); elsewhere it rejects
     * with `item-not-found`, and asks again by itself.
     */
    subscribe(node: string): Promise<void>;
    /** Follows a node no longer. */
    unsubscribe(node: string): Promise<void>;
    /**
     * Publishes texts or elements, each as an item of its own and in this order; resolves with the ids of the items.
     *
     * Each goes in a request of its own, because services differ in what they make of several in one.
     */
    publish(node: string, items: string | Element | readonly (string | Element)[]): Promise<string[]>;
}

export { Entry, ListError, LiveList, PubSubClient, PublishError, PushClient, RefusedError };
export type { Action, BackOffOptions, Channel, ChannelInfo, Compare, FeedStatus, Key, ListQuery, LiveEvents, LiveOptions, Meta, Off, Page, PubSubEvents, PubSubOptions, PubSubStatus, PushEvents, PushMessage, PushOptions, Received, Reset, ResetReason, Road, Stamp, Token, Transport };
