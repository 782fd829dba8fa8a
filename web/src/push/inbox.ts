/**
 * What waits for a reader who takes it one by one: an async iterator over a bounded queue.
 *
 * The policy when the reader is too slow: everything that waits is dropped, and the reader finds a `reset` in its place. So memory is
 * bounded, and nobody takes what is left for everything.
 */

import type { PushMessage } from './message.js';

/** What a reader of messages finds. */
export type Received =
    | { readonly kind: 'message'; readonly message: PushMessage }
    | { readonly kind: 'reset'; readonly channel: string; readonly reason: ResetReason }
    | { readonly kind: 'deleted'; readonly channel: string; readonly text: unknown };

/** `gap`: the gateway does not have what was missed; `overflow`: this reader was too slow. */
export type ResetReason = 'gap' | 'overflow';

export class Inbox implements AsyncIterableIterator<Received> {
    readonly #capacity: number;
    readonly #closed: () => void;
    #waiting: Received[] = [];
    #reader: ((result: IteratorResult<Received>) => void) | null = null;
    #failed: Error | null = null;
    #isClosed = false;

    /** `closed` is called once, when nothing more will be read. */
    constructor(capacity: number, closed: () => void) {
        if (!Number.isInteger(capacity) || capacity < 1) {
            throw new TypeError('buffer must be a whole number, 1 or more');
        }
        this.#capacity = capacity;
        this.#closed = closed;
    }

    /** Puts something in. */
    put(received: Received): void {
        if (this.#isClosed) {
            return;
        }
        if (this.#reader !== null) {
            this.#reader({ done: false, value: received });
            this.#reader = null;
            return;
        }
        if (this.#waiting.length >= this.#capacity) {
            this.#waiting = [{ kind: 'reset', channel: '', reason: 'overflow' }];
        }
        this.#waiting.push(received);
    }

    /** Nothing more will come. What waits is still read; then comes the end, or the error. */
    close(error: Error | null = null): void {
        if (this.#isClosed) {
            return;
        }
        this.#isClosed = true;
        this.#closed();
        this.#failed = error;
        if (this.#reader !== null) {
            const reader = this.#reader;
            this.#reader = null;
            reader({ done: true, value: undefined });
        }
    }

    next(): Promise<IteratorResult<Received>> {
        const value = this.#waiting.shift();
        if (value !== undefined) {
            return Promise.resolve({ done: false, value });
        }
        if (this.#failed !== null) {
            const error = this.#failed;
            this.#failed = null;
            return Promise.reject(error);
        }
        if (this.#isClosed) {
            return Promise.resolve({ done: true, value: undefined });
        }
        if (this.#reader !== null) {
            return Promise.reject(new Error('wait for one message before you ask for the next'));
        }
        return new Promise((resolve, reject) => {
            this.#reader = (result) => {
                const error = this.#failed;
                if (result.done && error !== null) {
                    this.#failed = null;
                    reject(error);
                } else {
                    resolve(result);
                }
            };
        });
    }

    /** `break` out of a loop ends it. */
    return(): Promise<IteratorResult<Received>> {
        this.#waiting = [];
        this.close();
        return Promise.resolve({ done: true, value: undefined });
    }

    [Symbol.asyncIterator](): this {
        return this;
    }
}
