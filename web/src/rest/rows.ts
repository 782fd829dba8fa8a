/**
 * Rows by their keys, in the order in which they are shown, and how far the list was read. Pure.
 *
 * What came as an event is newer than what a page of a list holds, whichever arrives first: pages fill in, events overwrite. A row that
 * lies behind what was read is not shown, because a page will bring it: otherwise there were a hole in between, and the next page began
 * too far ahead.
 */

/** By what a row is known. */
export type Key = string | number;

/** Which row comes first: negative for the first one, as `Array.prototype.sort` has it. */
export type Compare<Row> = (one: Row, two: Row) => number;

/** What a change did to the rows that are shown. */
export type Effect = 'added' | 'changed' | 'removed' | 'none';

export class Rows<Row> {
    readonly #key: (row: Row) => Key | null;
    readonly #compare: Compare<Row> | null;
    readonly #most: number;
    #rows: Row[] = [];
    readonly #keys = new Set<Key>();
    /** Those of them that a page brought. */
    readonly #paged = new Set<Key>();
    /** Keys that were removed since the last `clear`: a page that was read before must not bring them back. */
    readonly #removed = new Set<Key>();
    /** Rows that are not shown, because a page will bring them, unless that page was read before they moved. */
    readonly #aside = new Map<Key, Row>();
    /** How far the list was read, as the list has it. */
    #last: Row | null = null;
    /** Whether two rows of a page follow on each other as `compare` has it, and whether two do the other way round. */
    #follows = false;
    #precedes = false;
    #isMore = false;

    /** Without `compare` new rows come first, and pages are appended. */
    constructor(key: (row: Row) => Key | null, compare: Compare<Row> | null, most: number) {
        this.#key = key;
        this.#compare = compare;
        this.#most = most;
    }

    get all(): readonly Row[] {
        return this.#rows;
    }

    /** Whether there are rows that were not read yet, or that were dropped. */
    get isMore(): boolean {
        return this.#isMore;
    }

    /** Whether no more rows can be kept. */
    get isFull(): boolean {
        return this.#rows.length >= this.#most;
    }

    has(key: Key): boolean {
        return this.#keys.has(key);
    }

    /** Whether it was deleted. */
    isGone(key: Key): boolean {
        return this.#removed.has(key);
    }

    /** Whether a page that begins with this row follows on those that were read. */
    isRead(row: Row): boolean {
        const key = this.#key(row);
        return key !== null && (this.#paged.has(key) || this.#removed.has(key));
    }

    /** Forgets everything. */
    clear(): void {
        this.#rows = [];
        for (const forgotten of [this.#keys, this.#paged, this.#removed, this.#aside]) {
            forgotten.clear();
        }
        this.#last = null;
        this.#follows = false;
        this.#precedes = false;
        this.#isMore = false;
    }

    /** A page is asked for from now on: it holds all that happened before. */
    expect(): void {
        if (this.#direction !== 0) {
            this.#aside.clear();
        }
    }

    /** Adds a page of a list behind what is there; `isMore` says whether another one follows. Gives back how many rows were new. */
    append(page: readonly Row[], isMore = false): number {
        const before = this.#keys.size;
        const rows = [...this.#rows];
        this.#learn(page);
        this.#isMore = isMore;
        for (const row of page) {
            const key = this.#key(row);
            if (key === null || this.#removed.has(key)) {
                continue;
            }
            if (!this.#keys.has(key)) {
                if (rows.length >= this.#most) {
                    this.#isMore = true;
                    break;
                }
                this.#keys.add(key);
                rows.push(row);
            }
            this.#paged.add(key);
            if (this.#last === null || this.#order(row) >= 0) {
                this.#last = row;
            }
        }
        this.#set(rows);
        for (const [key, row] of [...this.#aside]) {
            if (this.#keys.has(key) || !this.#isElsewhere(row, false, false)) {
                this.#aside.delete(key);
                this.put(row);
            }
        }
        return this.#keys.size - before;
    }

    /** A row was created, or updated: then it may be one that was not read yet. */
    put(row: Row, isNew = true): Effect {
        const key = this.#key(row);
        if (key === null) {
            return 'none';
        }
        this.#removed.delete(key);
        this.#aside.delete(key);
        const isThere = this.#keys.has(key);
        if (this.#isElsewhere(row, isThere, isNew)) {
            this.#aside.set(key, row);
            this.#bound(this.#aside);
            return isThere ? this.#take(key) : 'none';
        }
        if (isThere) {
            this.#set(this.#rows.map((there) => (this.#key(there) === key ? row : there)));
            return 'changed';
        }
        this.#keys.add(key);
        this.#set(this.#compare === null ? [row, ...this.#rows] : [...this.#rows, row]);
        if (this.#rows.length > this.#most) {
            this.#drop();
        }
        return 'added';
    }

    /** A row was deleted. */
    remove(key: Key): Effect {
        this.#removed.add(key);
        this.#bound(this.#removed);
        this.#aside.delete(key);
        return this.#keys.has(key) ? this.#take(key) : 'none';
    }

    #take(key: Key): Effect {
        this.#keys.delete(key);
        this.#paged.delete(key);
        this.#set(this.#rows.filter((row) => this.#key(row) !== key));
        return 'removed';
    }

    /** One row too many: the one goes that the list has last. */
    #drop(): void {
        const isUpsideDown = this.#direction < 0;
        const gone = this.#rows.at(isUpsideDown ? 0 : -1);
        const key = gone === undefined ? null : this.#key(gone);
        if (key !== null) {
            this.#take(key);
        }
        this.#isMore = true;
        this.#last = this.#rows.at(isUpsideDown ? 0 : -1) ?? null;
    }

    /** Whether the list has the order of `compare` (1), or the contrary (-1), or another one (0). */
    get #direction(): number {
        return Number(this.#follows && !this.#precedes) - Number(this.#precedes && !this.#follows);
    }

    #learn(page: readonly Row[]): void {
        for (const [at, row] of page.entries()) {
            const next = page[at + 1];
            const order = next === undefined ? 0 : (this.#compare?.(row, next) ?? 0);
            this.#follows ||= order < 0;
            this.#precedes ||= order > 0;
        }
    }

    /** Whether a page that was not read yet has this row. */
    #isElsewhere(row: Row, isThere: boolean, isNew: boolean): boolean {
        if (!this.#isMore || this.#last === null) {
            return false;
        }
        if (this.#direction === 0) {
            // The order says nothing: one that is not new and not there is one that was not read.
            return !isThere && !isNew;
        }
        // Of two equal ones nobody knows which the list has first: what is there stays, what is not a page will bring.
        return this.#order(row) >= (isThere ? 1 : 0);
    }

    /** Above 0 for a row that the list has behind what was read, below 0 for one before. */
    #order(row: Row): number {
        const order = this.#last === null ? 0 : (this.#compare?.(row, this.#last) ?? 0);
        return Math.sign(order) * this.#direction;
    }

    #bound(kept: Set<Key> | Map<Key, Row>): void {
        if (kept.size > this.#most) {
            for (const oldest of kept.keys()) {
                kept.delete(oldest);
                break;
            }
        }
    }

    #set(rows: Row[]): void {
        this.#rows = this.#compare === null ? rows : rows.sort(this.#compare);
    }
}
