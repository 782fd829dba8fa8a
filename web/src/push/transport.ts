/**
 * The four ways over which messages come, each as one function: it opens a connection, tells what comes, and resolves when it is over.
 *
 * Each knows the browser's interface of its way. None connects again, and none remembers anything.
 */

import { EventReader } from './events.js';
import { place } from './message.js';
import { NotJsonError, Splitter } from './split.js';
import { webSocket } from './url.js';

/** A way to hear. */
export type Transport = 'websocket' | 'eventsource' | 'stream' | 'longpoll';

/** What a connection is opened with. */
export interface Opening {
    /** Where, with all its arguments. */
    readonly url: URL;
    /** For ways that can send headers. */
    readonly headers: Readonly<Record<string, string>>;
    /** Whether cookies go to other origins as well. */
    readonly withCredentials: boolean;
    /** Types of events that publishers name: an event source hears only those it is told of. */
    readonly eventTypes: readonly string[];
    readonly signal: AbortSignal;
}

/** What a connection tells. */
export interface ConnectionHears {
    /** It stands. */
    open(): void;
    /** A message, or whatever else is JSON. */
    value(value: unknown): void;
    /** Where to go on from here. */
    cursor(cursor: string): void;
    /** Whether it is known where to go on. */
    hasCursor(): boolean;
    /** Somebody is there, though nothing was said. */
    alive(): void;
}

/** Why a connection is over. */
export interface End {
    readonly reason: string;
    /** The gateway has refused, and would again. */
    readonly isFinal: boolean;
    /** The gateway asks to come back no sooner, in milliseconds. */
    readonly wait?: number;
    /** It was meant to end: the next one follows at once. */
    readonly isDone?: boolean;
    /** What let us in does so no longer; another token may. */
    readonly isUnauthorized?: boolean;
    /** Where to go on instead, if the gateway has said so. */
    readonly elsewhere?: string;
}

export type Connect = (opening: Opening, hears: ConnectionHears) => Promise<End>;

/** What the browser brings along; tests bring their own. */
export interface Browser {
    readonly WebSocket?: typeof WebSocket | undefined;
    readonly EventSource?: typeof EventSource | undefined;
    readonly fetch: typeof fetch;
}

/** Every way that this browser knows. */
export function transports(browser: Browser): Map<Transport, Connect> {
    const { WebSocket, EventSource } = browser;
    const ways = new Map<Transport, Connect>();
    if (WebSocket !== undefined) {
        ways.set('websocket', (opening, hears) => overWebSocket(WebSocket, opening, hears));
    }
    if (EventSource !== undefined) {
        ways.set('eventsource', (opening, hears) => overEventSource(EventSource, opening, hears));
    }
    ways.set('stream', (opening, hears) => overFetch(browser.fetch, opening, hears, false));
    ways.set('longpoll', (opening, hears) => overFetch(browser.fetch, opening, hears, true));
    return ways;
}

/** What `fetch` calls it. */
export function credentials(areForOthers = false): RequestCredentials {
    return areForOthers ? 'include' : 'same-origin';
}

function overWebSocket(Socket: typeof WebSocket, opening: Opening, hears: ConnectionHears): Promise<End> {
    return new Promise((resolve) => {
        const socket = new Socket(webSocket(opening.url).href);
        const aborted = () => {
            socket.close(1000);
            resolve({ reason: 'stopped', isFinal: false });
        };
        opening.signal.addEventListener('abort', aborted, { once: true });
        socket.onopen = () => hears.open();
        // What it was says the close that follows.
        socket.onerror = () => {};
        socket.onmessage = ({ data }) => {
            const value = typeof data === 'string' ? parse(data) : undefined;
            if (value === undefined) {
                socket.close(1000);
                resolve({ reason: 'a message that is not JSON', isFinal: false });
            } else if (!opening.signal.aborted) {
                hears.value(value);
            }
        };
        socket.onclose = ({ code, reason }) => {
            opening.signal.removeEventListener('abort', aborted);
            resolve(closed(code, reason));
        };
    });
}

/** Close codes (RFC 6455 §7.4.1, and its registry). */
const POLICY_VIOLATION = 1008;
const SERVICE_RESTART = 1012;

function closed(code: number, reason: string): End {
    const hint = parse(reason);
    switch (code) {
        case POLICY_VIOLATION: {
            // `{"http_status": 403, "explain": "…"}` before anything was sent, plain words later.
            const { http_status: status, explain } = fieldsOf(hint);
            const words = typeof explain === 'string' && explain !== '' ? explain : reason || 'refused';
            return { reason: words, isFinal: true, isUnauthorized: status === 401 || isExpiry(reason) };
        }
        case SERVICE_RESTART:
            return leaving(hint);
        default:
            return { reason: reason || `the WebSocket was closed with ${code}`, isFinal: false };
    }
}

/** The gateway ends, and may have said where to go on: `{"reconnect": "https://…"}`. */
function leaving(hint: unknown): End {
    const { reconnect } = fieldsOf(hint);
    const reason = 'the gateway ends';
    return typeof reconnect === 'string'
        ? { reason, isFinal: false, elsewhere: reconnect }
        : { reason, isFinal: false };
}

/** What an event stream says of its end, by the type of the event; `null` for any other event. */
function endOf(type: string, data: string): End | null {
    switch (type) {
        case 'reconnect':
            return leaving(parse(data));
        case 'expired':
            return { reason: 'the token has expired', isFinal: true, isUnauthorized: true };
        case 'revoked':
            return { reason: 'access was revoked', isFinal: true };
        default:
            return null;
    }
}

function isExpiry(reason: string): boolean {
    return reason.includes('expired');
}

function fieldsOf(value: unknown): Record<string, unknown> {
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Attempts of the browser's own, while it knows better than we where to go on. */
const OWN_ATTEMPTS = 3;

function overEventSource(Source: typeof EventSource, opening: Opening, hears: ConnectionHears): Promise<End> {
    return new Promise((resolve) => {
        const source = new Source(opening.url.href, { withCredentials: opening.withCredentials });
        let left = OWN_ATTEMPTS;
        let wasOpen = false;
        const finish = (end: End) => {
            source.close();
            opening.signal.removeEventListener('abort', aborted);
            resolve(end);
        };
        const end = (reason: string) => finish({ reason, isFinal: false });
        const aborted = () => end('stopped');
        opening.signal.addEventListener('abort', aborted, { once: true });
        source.onopen = () => {
            wasOpen = true;
            left = OWN_ATTEMPTS;
            hears.open();
        };
        source.onerror = () => {
            left -= 1;
            // An event stream begins with an id that only the browser sees. Before the first message it must go on by itself; later it
            // would do so at once and in step with everybody else, and we know better.
            const goesOn = wasOpen && !hears.hasCursor() && left > 0 && source.readyState !== Source.CLOSED;
            if (!goesOn) {
                end('the event stream was cut, or refused');
            }
        };
        const heard = ({ type, data }: MessageEvent<string>) => {
            const over = endOf(type, data);
            if (over !== null) {
                finish(over);
                return;
            }
            const value = parse(data);
            if (value === undefined) {
                end('a message that is not JSON');
            } else if (!opening.signal.aborted) {
                hears.value(value);
            }
        };
        for (const type of new Set(['message', ...OUR_TYPES, ...opening.eventTypes])) {
            source.addEventListener(type, heard);
        }
    });
}

/** Events of ours that carry a type. */
const OUR_TYPES = ['reset', 'delete', 'reconnect', 'expired', 'revoked'];

/** Where to go on after a poll. */
const CURSOR = 'X-PubSub-Cursor';

function goOnAfter(cursor: string | null, hears: ConnectionHears): void {
    if (cursor !== null && place(cursor) !== null) {
        hears.cursor(cursor);
    }
}

async function overFetch(
    fetch: Browser['fetch'],
    opening: Opening,
    hears: ConnectionHears,
    isPoll: boolean,
): Promise<End> {
    const { url, headers, signal } = opening;
    try {
        const request: RequestInit = { headers, signal, cache: 'no-store' };
        const response = await fetch(url, { ...request, credentials: credentials(opening.withCredentials) });
        const cursor = response.headers.get(CURSOR);
        if (response.status === 304) {
            hears.open();
            hears.alive();
            goOnAfter(cursor, hears);
            return { reason: 'nothing new', isFinal: false, isDone: true };
        }
        if (!response.ok || response.body === null) {
            return refused(response);
        }
        hears.open();
        const over = await readAll(response, hears, signal);
        if (over !== null) {
            return over;
        }
        // Only now: what was cut off before its end is asked for again.
        goOnAfter(cursor, hears);
        return { reason: 'the stream has ended', isFinal: false, isDone: isPoll };
    } catch (error) {
        const reason = error instanceof NotJsonError ? error.message : 'the gateway cannot be reached';
        return { reason: signal.aborted ? 'stopped' : reason, isFinal: false };
    }
}

async function readAll(response: Response, hears: ConnectionHears, signal: AbortSignal): Promise<End | null> {
    const isEventStream = response.headers.get('Content-Type')?.startsWith('text/event-stream') ?? false;
    const hear = isEventStream ? eventStream(hears, signal) : jsonStream(hears, signal);
    const reader = response.body?.getReader();
    // Not every browser ends a read that waits when its request is aborted.
    const cancel = () => void reader?.cancel().catch(() => {});
    signal.addEventListener('abort', cancel, { once: true });
    const decoder = new TextDecoder();
    try {
        for (;;) {
            const piece = await reader?.read();
            if (piece === undefined || piece.done) {
                return null;
            }
            hears.alive();
            const over = hear(decoder.decode(piece.value, { stream: true }));
            if (over !== null) {
                return over;
            }
        }
    } finally {
        signal.removeEventListener('abort', cancel);
        cancel();
    }
}

function jsonStream(hears: ConnectionHears, signal: AbortSignal): (piece: string) => End | null {
    const splitter = new Splitter();
    return (piece) => {
        for (const value of splitter.push(piece)) {
            if (!signal.aborted) {
                hears.value(value);
            }
        }
        return null;
    };
}

function eventStream(hears: ConnectionHears, signal: AbortSignal): (piece: string) => End | null {
    const reader = new EventReader();
    return (piece) => {
        for (const event of reader.push(piece)) {
            if (signal.aborted) {
                return null;
            }
            if (event.kind === 'event') {
                const over = endOf(event.type, event.data);
                if (over !== null) {
                    return over;
                }
                const value = parse(event.data);
                if (value === undefined) {
                    throw new NotJsonError('an event that is not JSON');
                }
                hears.value(value);
            } else if (event.kind === 'id') {
                goOnAfter(event.id, hears);
            }
        }
        return null;
    };
}

/** What an answer other than 200 means. */
function refused(response: Response): End {
    void response.body?.cancel().catch(() => {});
    const { status } = response;
    const explain = response.headers.get('X-Nginx-PushStream-Explain');
    const wait = Number(response.headers.get('Retry-After')) * 1000;
    return {
        reason: explain ?? `the gateway answered ${status}`,
        // Too many requests, and whatever ails a gateway, passes; a wrong name or a missing right does not.
        isFinal: status >= 400 && status < 500 && ![408, 425, 429].includes(status),
        isUnauthorized: status === 401,
        ...(wait > 0 ? { wait } : {}),
    };
}

function parse(json: string): unknown {
    try {
        return JSON.parse(json);
    } catch {
        return undefined;
    }
}
