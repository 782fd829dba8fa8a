/**
 * How long to wait before the next attempt: twice as long each time up to a limit, and never in step with others.
 *
 * Knows numbers only; who waits is the caller, with `sleep`.
 */

export interface BackOffOptions {
    /** The first wait at most, in milliseconds; 500 by default. */
    first?: number;
    /** No wait is longer, in milliseconds; 30 000 by default. */
    longest?: number;
    /** A number from 0 up to 1, each time another; `Math.random` by default. */
    random?: () => number;
}

export class BackOff {
    readonly #first: number;
    readonly #longest: number;
    readonly #random: () => number;
    #failures = 0;

    constructor(options: BackOffOptions = {}) {
        this.#first = options.first ?? 500;
        this.#longest = options.longest ?? 30_000;
        this.#random = options.random ?? Math.random;
    }

    /**
     * The wait after one more failure: a random part of the upper half, so that a thousand clients that were cut off at one
     * moment do not come back at one moment. What the server asked for is the least.
     */
    next(asked = 0): number {
        // 2 ** 1024 is infinite, and the limit holds all the same.
        const most = Math.min(this.#longest, this.#first * 2 ** this.#failures);
        this.#failures += 1;
        return Math.max(asked, most / 2 + (most / 2) * this.#random());
    }

    /** It went well: the next failure is a first one. */
    reset(): void {
        this.#failures = 0;
    }
}

/** Resolves after some time, or at once when `wake` says so; never rejects, an aborted `signal` ends the wait as well. */
export function sleep(milliseconds: number, signal?: AbortSignal, wake?: EventTarget): Promise<void> {
    return new Promise((resolve) => {
        if (signal?.aborted) {
            resolve();
            return;
        }
        const done = () => {
            clearTimeout(timer);
            signal?.removeEventListener('abort', done);
            wake?.removeEventListener('online', done);
            resolve();
        };
        const timer = setTimeout(done, milliseconds);
        signal?.addEventListener('abort', done);
        // A network that is back is worth an attempt at once.
        wake?.addEventListener('online', done);
    });
}
