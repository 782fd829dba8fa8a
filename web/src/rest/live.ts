/**
 * A list that stays up to date: its first page, and from before it was read every event, so that none is missing in between.
 *
 * Listens first and reads then; what is heard meanwhile waits and is applied to what was read. Applying a row that the page holds already
 * changes nothing, and one that is older than the page's is followed by the newer one. When the feed has lost its place the list is read anew.
 */

import { BackOff, type BackOffOptions, sleep } from '../backoff.js';
import { Emitter, type Listener, type Off } from '../emitter.js';
import type { FeedStatus } from '../push/feed.js';
import type { Received } from '../push/inbox.js';
import type { PushMessage } from '../push/message.js';
import { ListError, type ListQuery, type Page } from './list.js';
import { type Compare, type Effect, type Key, Rows } from './rows.js';

export interface LiveOptions<Row> {
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
export interface LiveEvents<Row> {
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
export interface LiveSources<Row> {
    page(query: ListQuery, signal: AbortSignal): Promise<Page<Row>>;
    /** Listens from now on; what it returns ends that. */
    listen(hear: (received: Received) => void, status: (status: FeedStatus) => void): () => void;
}

/** A list is read after this time even if nothing can be heard yet, in milliseconds; then it is read once more when something can. */
const PATIENCE = 3_000;
/** More events than this do not wait for a list. */
const MOST_WAITING = 10_000;

export class LiveList<Row> {
    /** Resolves when the first page is there; rejects when it never will be. */
    readonly ready: Promise<void>;

    readonly #sources: LiveSources<Row>;
    readonly #query: ListQuery;
    readonly #rows: Rows<Row>;
    readonly #key: (row: Row) => Key | null;
    readonly #accept: (row: Row, message: PushMessage) => boolean;
    readonly #backOff: BackOffOptions;
    readonly #emitter = new Emitter<LiveEvents<Row>>();
    readonly #stop = new AbortController();
    readonly #deafen: () => void;
    /** What was heard while the list is being read; `null` while it is not. */
    #waiting: PushMessage[] | null = [];
    /** Whether something can be heard, and was ever since the list was read. */
    #isOpen = false;
    readonly #opened: Promise<void>;
    #open: () => void = () => {};
    /** Which reading of the list the rows belong to. */
    #turn = 0;
    #total = 0;
    /** How many rows a page has. */
    #limit = 0;
    /** How often the total was changed by what was heard. */
    #counted = 0;
    #more: Promise<number> | null = null;

    constructor(sources: LiveSources<Row>, options: LiveOptions<Row>, backOff: BackOffOptions = {}) {
        const { key = 'id' } = options;
        this.#sources = sources;
        this.#query = options.query ?? {};
        this.#key = typeof key === 'function' ? key : (row) => fieldKey(row, key);
        this.#accept = options.accept ?? (() => true);
        this.#rows = new Rows(this.#key, options.compare ?? null, options.most ?? 10_000);
        this.#backOff = backOff;
        this.#opened = new Promise((resolve) => {
            this.#open = resolve;
        });
        setTimeout(this.#open, PATIENCE);
        this.#deafen = sources.listen(
            (received) => this.#hear(received),
            (status) => this.#listens(status),
        );
        options.signal?.addEventListener('abort', () => this.close(), { once: true });
        this.ready = options.signal?.aborted ? Promise.reject(options.signal.reason) : this.#begin();
        // Whoever waits for it hears of it; nobody has to.
        this.ready.catch(() => {});
    }

    /** The rows, in order. A new array after each change. */
    get rows(): readonly Row[] {
        return this.#rows.all;
    }

    /** How many rows the list has in all, those included that were not read yet. */
    get total(): number {
        return this.#rows.isMore ? Math.max(this.#total, this.#rows.all.length) : this.#rows.all.length;
    }

    /** Whether there are rows that were not read yet, and could be kept. */
    get hasMore(): boolean {
        return this.#rows.isMore && !this.#rows.isFull;
    }

    on<Name extends keyof LiveEvents<Row>>(name: Name, listener: Listener<LiveEvents<Row>[Name]>): Off {
        return this.#emitter.on(name, listener);
    }

    /** Reads one more page; resolves with how many rows were new. Calls at the same time are one. */
    more(): Promise<number> {
        this.#more ??= this.#readMore().finally(() => {
            this.#more = null;
        });
        return this.#more;
    }

    /** Ends it. The rows stay. */
    close(): void {
        this.#stop.abort(new DOMException('the live list was closed', 'AbortError'));
        this.#deafen();
    }

    /** Reads the first page, and applies what was heard meanwhile. */
    async #begin(): Promise<void> {
        this.#turn += 1;
        const turn = this.#turn;
        this.#waiting = [];
        await this.#opened;
        const page = await this.#insist();
        if (turn !== this.#turn || this.#stop.signal.aborted) {
            return;
        }
        const waiting = this.#waiting;
        this.#waiting = null;
        this.#rows.clear();
        this.#rows.append(page.objects, isFollowed(page));
        this.#total = page.meta.total_count ?? 0;
        this.#limit = page.meta.limit || page.objects.length;
        this.#emitter.emit('change', this.rows, null);
        for (const message of waiting) {
            this.#apply(message, true);
        }
    }

    /** The first page, tried until it is there or never will be. */
    async #insist(): Promise<Page<Row>> {
        const backOff = new BackOff(this.#backOff);
        for (;;) {
            try {
                return await this.#sources.page(this.#query, this.#stop.signal);
            } catch (error) {
                this.#stop.signal.throwIfAborted();
                if (!(error instanceof ListError)) {
                    throw error;
                }
                this.#emitter.emit('error', error);
                if (!error.isPassing) {
                    // Events of a list that cannot be read are of no use.
                    this.close();
                    throw error;
                }
                await sleep(backOff.next(), this.#stop.signal, globalThis.window);
            }
        }
    }

    /**
     * Reads on from the last row that is there, that one included: when it is not where it was, rows went of which nobody has told us
     * yet, and a page further ahead is read.
     */
    async #readMore(): Promise<number> {
        const turn = this.#turn;
        const first = Number(this.#query['offset'] ?? 0);
        const limit = this.#limit + 1;
        let added = 0;
        let offset = first + Math.max(0, this.#rows.all.length - 1);
        while (this.hasMore && added < this.#limit) {
            const counted = this.#counted;
            this.#rows.expect();
            const page = await this.#sources.page({ ...this.#query, offset, limit }, this.#stop.signal);
            if (turn !== this.#turn) {
                return added;
            }
            const [row] = page.objects;
            if (offset > first && (row === undefined || !this.#rows.isRead(row))) {
                offset = Math.max(first, offset - this.#limit);
                continue;
            }
            added += this.#rows.append(page.objects, isFollowed(page));
            if (counted === this.#counted) {
                this.#total = page.meta.total_count ?? 0;
            }
            offset += Math.max(1, page.objects.length - 1);
        }
        this.#emitter.emit('change', this.rows, null);
        return added;
    }

    #hear(received: Received): void {
        if (received.kind !== 'message') {
            this.#readAnew();
        } else if (this.#waiting === null) {
            this.#apply(received.message);
        } else if (this.#waiting.length < MOST_WAITING) {
            this.#waiting.push(received.message);
        } else {
            this.#readAnew();
        }
    }

    #listens(status: FeedStatus): void {
        if (status.kind === 'open' && !this.#isOpen) {
            this.#isOpen = true;
            this.#open();
            if (this.#waiting === null) {
                // The list was there before anything could be heard.
                this.#readAnew();
            }
        } else if (status.kind === 'refused') {
            this.#open();
        }
        this.#emitter.emit('status', status);
    }

    /** Something was missed, or may have been. */
    #readAnew(): void {
        if (this.#stop.signal.aborted) {
            return;
        }
        this.#emitter.emit('reset');
        this.#begin().catch(() => {
            // Told as `error`.
        });
    }

    /** `isEarly`: it was heard before the list was read, which may have counted it or not. */
    #apply(message: PushMessage, isEarly = false): void {
        const row = message.data as Row;
        if (typeof row !== 'object' || row === null || !this.#accept(row, message)) {
            return;
        }
        const key = this.#key(row);
        if (key === null) {
            return;
        }
        const isThere = this.#rows.has(key);
        const isGone = message.action === 'delete';
        const isNew = message.action !== 'update';
        // A row that was not read yet is in the total: it goes from there, and its change adds nothing.
        const isKnownGone = isGone && this.#rows.isGone(key);
        const effect = isGone ? this.#rows.remove(key) : this.#rows.put(row, isNew);
        if (effect !== 'none' || !isEarly) {
            const by = isGone ? (isKnownGone ? 0 : -1) : isNew && !isThere ? 1 : 0;
            this.#total += by;
            this.#counted += Math.abs(by);
        }
        if (effect !== 'none') {
            this.#emitter.emit('row', row, effect, message);
        }
        this.#emitter.emit('change', this.rows, message);
    }
}

/** Whether another page follows. */
function isFollowed({ meta, objects }: Page<unknown>): boolean {
    return objects.length > 0 && meta.next !== null;
}

function fieldKey(row: unknown, field: string): Key | null {
    const key = typeof row === 'object' && row !== null ? (row as Record<string, unknown>)[field] : null;
    return typeof key === 'string' || typeof key === 'number' ? key : null;
}
