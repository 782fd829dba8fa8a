/**
 * Rows by their keys, in the order in which they are shown. Pure.
 *
 * What came as an event is newer than what a page of a list holds, whichever arrives first: pages fill in, events overwrite.
 */

/** By what a row is known. */
export type Key = string | number;

/** Which row comes first: negative for the first one, as `Array.prototype.sort` has it. */
export type Compare<Row> = (one: Row, two: Row) => number;

/** What a change did. */
export type Effect = 'added' | 'changed' | 'removed' | 'none';

export class Rows<Row> {
    readonly #key: (row: Row) => Key | null;
    readonly #compare: Compare<Row> | null;
    readonly #most: number;
    #rows: Row[] = [];
    readonly #keys = new Set<Key>();
    /** Keys that were removed since the last `clear`: a page that was read before must not bring them back. */
    readonly #removed = new Set<Key>();

    /** Without `compare` new rows come first, and pages are appended. */
    constructor(key: (row: Row) => Key | null, compare: Compare<Row> | null, most: number) {
        this.#key = key;
        this.#compare = compare;
        this.#most = most;
    }

    get all(): readonly Row[] {
        return this.#rows;
    }

    /** Forgets everything. */
    clear(): void {
        this.#rows = [];
        this.#keys.clear();
        this.#removed.clear();
    }

    /** Adds a page of a list behind what is there. Gives back how many rows were new. */
    append(page: readonly Row[]): number {
        let added = 0;
        const rows = [...this.#rows];
        for (const row of page) {
            const key = this.#key(row);
            if (key === null || this.#keys.has(key) || this.#removed.has(key) || rows.length >= this.#most) {
                continue;
            }
            this.#keys.add(key);
            rows.push(row);
            added += 1;
        }
        this.#set(rows);
        return added;
    }

    /** A row was created or updated. */
    put(row: Row): Effect {
        const key = this.#key(row);
        if (key === null) {
            return 'none';
        }
        this.#removed.delete(key);
        if (this.#keys.has(key)) {
            this.#set(this.#rows.map((there) => (this.#key(there) === key ? row : there)));
            return 'changed';
        }
        this.#keys.add(key);
        const rows = this.#compare === null ? [row, ...this.#rows] : [...this.#rows, row];
        this.#set(rows);
        if (this.#rows.length > this.#most) {
            const last = this.#rows.at(-1);
            const gone = last === undefined ? null : this.#key(last);
            this.#set(this.#rows.slice(0, -1));
            if (gone !== null) {
                this.#keys.delete(gone);
            }
        }
        return 'added';
    }

    /** A row was deleted. */
    remove(key: Key): Effect {
        if (this.#removed.size < this.#most) {
            this.#removed.add(key);
        }
        if (!this.#keys.delete(key)) {
            return 'none';
        }
        this.#set(this.#rows.filter((row) => this.#key(row) !== key));
        return 'removed';
    }

    #set(rows: Row[]): void {
        this.#rows = this.#compare === null ? rows : rows.sort(this.#compare);
    }
}
