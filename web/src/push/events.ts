/**
 * Reads an event stream (the HTML standard, §9.2.6) that comes in pieces of any size.
 *
 * Unlike the browser's own `EventSource` it shows events of every type, comments, and ids that come without an event. Pure, and bounded:
 * a line or an event that does not end within `longest` characters is an error, not memory.
 */

import { LONGEST, NotJsonError } from './split.js';

/** What an event stream says. */
export type StreamEvent =
    | { readonly kind: 'event'; readonly type: string; readonly data: string; readonly id: string }
    /** An id without an event: where to go on. */
    | { readonly kind: 'id'; readonly id: string }
    | { readonly kind: 'comment' };

export class EventReader {
    readonly #longest: number;
    #rest = '';
    #data: string[] = [];
    #size = 0;
    #type = '';
    #id = '';
    #hasId = false;
    /** A line feed that comes first belongs to the carriage return before it. */
    #isAfterReturn = false;
    #isFirst = true;

    constructor(longest = LONGEST) {
        this.#longest = longest;
    }

    /** Takes the next piece and gives back what it completes. Throws when something grows beyond its bound. */
    push(piece: string): StreamEvent[] {
        let text = piece;
        if (this.#isFirst && text !== '') {
            this.#isFirst = false;
            text = text.replace(/^\ufeff/, '');
        }
        if (this.#isAfterReturn && text !== '') {
            this.#isAfterReturn = false;
            text = text.replace(/^\n/, '');
        }
        const lines = (this.#rest + text).split(/\r\n|\r|\n/);
        this.#rest = lines.pop() ?? '';
        this.#isAfterReturn ||= text.endsWith('\r');
        const events = lines.flatMap((line) => this.#line(line) ?? []);
        if (this.#rest.length + this.#size > this.#longest) {
            throw new NotJsonError(`an event of more than ${this.#longest} characters`);
        }
        return events;
    }

    #line(line: string): StreamEvent | null {
        if (line === '') {
            return this.#dispatch();
        }
        if (line.startsWith(':')) {
            return { kind: 'comment' };
        }
        const at = line.indexOf(':');
        const name = at < 0 ? line : line.slice(0, at);
        const value = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '');
        switch (name) {
            case 'data':
                this.#data.push(value);
                this.#size += value.length;
                break;
            case 'event':
                this.#type = value;
                break;
            case 'id':
                if (!value.includes('\0')) {
                    this.#id = value;
                    this.#hasId = true;
                }
                break;
        }
        return null;
    }

    #dispatch(): StreamEvent | null {
        const [data, type, hasId] = [this.#data, this.#type, this.#hasId];
        this.#data = [];
        this.#size = 0;
        this.#type = '';
        this.#hasId = false;
        if (data.length > 0) {
            return { kind: 'event', type: type || 'message', data: data.join('\n'), id: this.#id };
        }
        return hasId ? { kind: 'id', id: this.#id } : null;
    }
}
