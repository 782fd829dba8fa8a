/**
 * A list that stays up to date: its first page, and from the moment at which that was read every event, without gap or repeat.
 *
 * Puts together the list API, one feed and the rows. When the feed has lost its place the list is read anew.
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
    /** Which row comes first. Without it new rows come first, and pages follow as the list has them. */
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
    /** Listens from a position on; what it returns ends that. */
    listen(
        position: string | null,
        hear: (received: Received) => void,
        status: (status: FeedStatus) => void,
    ): () => void;
}

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
    #deafen: () => void = () => {};
    /** Which reading of the list the rows belong to. */
    #turn = 0;
    #total = 0;
    #isMore = false;
    #more: Promise<number> | null = null;

    constructor(sources: LiveSources<Row>, options: LiveOptions<Row>, backOff: BackOffOptions = {}) {
        const { key = 'id' } = options;
        this.#sources = sources;
        this.#query = options.query ?? {};
        this.#key = typeof key === 'function' ? key : (row) => fieldKey(row, key);
        this.#accept = options.accept ?? (() => true);
        this.#rows = new Rows(this.#key, options.compare ?? null, options.most ?? 10_000);
        this.#backOff = backOff;
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
        return this.#total;
    }

    /** Whether there are rows that were not read yet. */
    get hasMore(): boolean {
        return this.#isMore;
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
        this.#deafen = () => {};
    }

    /** Reads the first page and listens from there on. */
    async #begin(): Promise<void> {
        this.#turn += 1;
        const turn = this.#turn;
        const page = await this.#insist();
        if (turn !== this.#turn || this.#stop.signal.aborted) {
            return;
        }
        this.#deafen();
        this.#rows.clear();
        this.#rows.append(page.objects);
        this.#note(page);
        this.#deafen = this.#sources.listen(
            page.meta.position ?? null,
            (received) => {
                if (turn === this.#turn) {
                    this.#hear(received);
                }
            },
            (status) => this.#emitter.emit('status', status),
        );
        this.#emitter.emit('change', this.rows, null);
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
                    throw error;
                }
                await sleep(backOff.next(), this.#stop.signal, globalThis.window);
            }
        }
    }

    async #readMore(): Promise<number> {
        const turn = this.#turn;
        // Rows that came as events are in front of those that were not read yet: they count.
        const query = { ...this.#query, offset: this.#rows.all.length };
        const page = await this.#sources.page(query, this.#stop.signal);
        if (turn !== this.#turn) {
            return 0;
        }
        const added = this.#rows.append(page.objects);
        this.#note(page);
        this.#emitter.emit('change', this.rows, null);
        return added;
    }

    #note({ meta, objects }: Page<Row>): void {
        this.#total = Math.max(meta.total_count ?? 0, this.#rows.all.length);
        this.#isMore = objects.length > 0 && meta.next !== null;
    }

    #hear(received: Received): void {
        if (received.kind === 'message') {
            this.#apply(received.message);
        } else if (!this.#stop.signal.aborted) {
            this.#emitter.emit('reset');
            this.#begin().catch(() => {
                // Told as `error`.
            });
        }
    }

    #apply(message: PushMessage): void {
        const row = message.data as Row;
        if (typeof row !== 'object' || row === null || !this.#accept(row, message)) {
            return;
        }
        const key = this.#key(row);
        if (key === null) {
            return;
        }
        const effect = message.action === 'delete' ? this.#rows.remove(key) : this.#rows.put(row);
        if (effect === 'none') {
            return;
        }
        this.#total += { added: 1, removed: -1, changed: 0 }[effect];
        this.#emitter.emit('row', row, effect, message);
        this.#emitter.emit('change', this.rows, message);
    }
}

function fieldKey(row: unknown, field: string): Key | null {
    const key = typeof row === 'object' && row !== null ? (row as Record<string, unknown>)[field] : null;
    return typeof key === 'string' || typeof key === 'number' ? key : null;
}
