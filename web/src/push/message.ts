/**
 * What the HTTP push gateway says, and what it means.
 *
 * Pure: a JSON value becomes a message or one of the few other things that travel the same way. Takes what nginx-push-stream-module's
 * usual template makes, too; there a cursor is missing, and `eventid` takes its place.
 */

/** What was done to the row that a message shows. */
export type Action = 'create' | 'update' | 'delete';

/** A message of a channel. */
export interface PushMessage {
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

/** What comes over a connection. */
export type Heard =
    | { readonly kind: 'message'; readonly message: PushMessage }
    /** Where to go on, before the first message. */
    | { readonly kind: 'cursor'; readonly cursor: string }
    /** Messages are missing before this place. */
    | { readonly kind: 'reset'; readonly channel: string; readonly cursor: string | null }
    /** The channel is no more; a new one may come by its name. */
    | { readonly kind: 'deleted'; readonly channel: string; readonly text: unknown }
    /** Somebody is there. */
    | { readonly kind: 'nothing' };

const DELETED = -2;

/** Understands a value; `null` when it is nothing that a gateway says. */
export function read(value: unknown): Heard | null {
    if (value === '') {
        // Some let an empty string stand for a ping, so that it is JSON.
        return { kind: 'nothing' };
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return null;
    }
    const fields = value as Record<string, unknown>;
    const id = wholeNumber(fields.id);
    if (id === null) {
        return null;
    }
    const channel = typeof fields.channel === 'string' ? fields.channel : '';
    const cursor = text(fields.cursor);
    if (fields.reset === true) {
        return { kind: 'reset', channel, cursor };
    }
    if (id === DELETED) {
        return { kind: 'deleted', channel, text: fields.text };
    }
    if (id <= 0) {
        return cursor === null ? { kind: 'nothing' } : { kind: 'cursor', cursor };
    }
    const eventId = text(fields.eventid) ?? '';
    const message = {
        id,
        channel,
        text: fields.text,
        data: unwrap(fields.text),
        action: action(fields.action),
        time: date(fields.time),
        tag: wholeNumber(fields.tag) ?? 0,
        eventId,
        cursor: cursor ?? (eventId === '' ? null : eventId),
    };
    return { kind: 'message', message };
}

/** The number in a cursor of ours, `<epoch>:<number>`, by which repeats are told; `null` for what is none. */
export function place(cursor: string | null): { epoch: string; number: bigint } | null {
    const found = cursor === null ? null : /^([0-9a-f]{16}):([0-9]{1,20})$/.exec(cursor);
    const [, epoch, number] = found ?? [];
    return epoch === undefined || number === undefined ? null : { epoch, number: BigInt(number) };
}

/** The JSON in a text, if it is an object or a list; a text that only looks like a number stays one. */
function unwrap(value: unknown): unknown {
    if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) {
        return value;
    }
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}

function text(value: unknown): string | null {
    return typeof value === 'string' && value !== '' ? value : null;
}

/** Numbers may be quoted, as templates are. */
function wholeNumber(value: unknown): number | null {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

function action(value: unknown): Action | null {
    return value === 'create' || value === 'update' || value === 'delete' ? value : null;
}

function date(value: unknown): Date | null {
    const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    // The beginning of time stands for no time at all.
    return Number.isNaN(milliseconds) || milliseconds === 0 ? null : new Date(milliseconds);
}
