/**
 * Follows one node: subscribes, tells what happens, and after an interruption tells what was missed, once and in order.
 *
 * What happens while it looks back waits in a bounded queue. Knows the service through `Outlet` only; how a connection is made and
 * kept is the `session`'s.
 */

import type { Entry } from './entry.js';
import { Journal } from './journal.js';
import { FARTHEST_LOOK, FIRST_LOOK, type Held, type Look, look, resume } from './look.js';
import { isOf, type Position, writePosition } from './position.js';
import { markOf } from './stamp.js';
import { type NodeEvent, RefusedError } from './stanza.js';

/** Why a page should read its list anew: what it was told is not all that happened. */
export interface Reset {
    readonly node: string;
    /** `gap`: changes were missed and cannot be read back; `purged`: all items are gone; `deleted`: so is the node. */
    readonly reason: 'gap' | 'purged' | 'deleted';
}

/** What a follower tells. */
export interface Hears {
    /** An item was published. */
    update(entry: Entry): void;
    /** An item is gone; the entry is the last row, where it is known. */
    delete(node: string, id: string, entry: Entry | null): void;
    /** Something was lost, or everything is gone. */
    reset(reset: Reset): void;
}

/** What a follower asks of a connection. */
export interface Outlet {
    /** `pending`: the service says later that the subscription has begun, and `stands` is told. */
    subscribe(node: string): Promise<'subscribed' | 'pending'>;
    /** The items published last, oldest first. */
    recent(node: string, most: number): Promise<Entry[]>;
}

/** More events than this do not wait while it looks back; what was dropped is told as a gap. */
const MOST_WAITING = 1000;

export class Follower {
    readonly node: string;
    readonly #hears: Hears;
    readonly #journal = new Journal();
    /** What somebody else has read before the first subscription. */
    #position: Position | null;
    #wasLive = false;
    /** Events that wait for the end of a look back; `null` while there is none. */
    #waiting: NodeEvent[] | null = null;
    #hasOverflown = false;
    /** Which connection it belongs to: what an earlier one still answers is of no interest. */
    #turn = 0;
    /** What the service has said of the subscription by itself, over this connection. */
    #standing: 'subscribed' | 'none' | null = null;
    /** Subscribed to a node that is not there yet, or not for us. */
    #isPending = false;

    constructor(node: string, hears: Hears, position: Position | null = null) {
        this.node = node;
        this.#hears = hears;
        this.#position = position !== null && isOf(position, node) ? position : null;
        for (const [log, known] of this.#position?.known ?? []) {
            this.#journal.advance(log, known);
        }
    }

    /** Up to where this node was told, for whoever goes on from there. */
    get position(): string {
        return writePosition(this.node, this.#journal.covered);
    }

    /**
     * Subscribes over a new connection and tells what was missed since the last one.
     *
     * Rejects with a `RefusedError` when the service does not let us, and may be called again.
     */
    async begin(outlet: Outlet): Promise<void> {
        this.#turn += 1;
        const turn = this.#turn;
        this.#standing = null;
        this.#isPending = false;
        // From here on events wait: those that come before the look back ends are newer than what it shows, or the same.
        this.#waiting ??= [];
        const state = await outlet.subscribe(this.node);
        if (turn !== this.#turn) {
            return;
        }
        // The service may have said so already, in the same breath.
        this.#isPending = state === 'pending' && this.#standing !== 'subscribed';
        if (!this.#isPending) {
            await this.#catchUp(outlet, turn);
        }
    }

    /** The service says that the subscription has begun, or that there will be none. Gives back whether it was waited for. */
    async stands(state: 'subscribed' | 'none', outlet: Outlet): Promise<boolean> {
        this.#standing = state;
        const wasPending = this.#isPending;
        this.#isPending = false;
        if (wasPending && state === 'subscribed') {
            await this.#catchUp(outlet, this.#turn);
        }
        return wasPending;
    }

    async #catchUp(outlet: Outlet, turn: number): Promise<void> {
        if (this.#wasLive || this.#position !== null) {
            await this.#lookBack(outlet, turn);
        } else {
            await this.#lookAtBeginning(outlet, turn);
        }
        if (turn === this.#turn) {
            this.#wasLive = true;
            this.#position = null;
            await this.#drain(outlet, turn);
        }
    }

    /** A node that is made by the first publish: everything that it holds later is news. */
    isNotThere(): void {
        if (!this.#wasLive && this.#position === null) {
            this.#journal.begin({ kind: 'empty' });
            this.#wasLive = true;
        }
    }

    /** The connection is gone: what it still answers is of no interest, and what waited is read back later. */
    end(): void {
        this.#turn += 1;
        this.#waiting = [];
        this.#hasOverflown = false;
        this.#isPending = false;
    }

    /** An event of this node. */
    hear(event: NodeEvent, outlet: Outlet): void {
        if (this.#waiting === null) {
            this.#tellOrLookBack(event, outlet);
        } else if (this.#waiting.length < MOST_WAITING) {
            this.#waiting.push(event);
        } else {
            this.#hasOverflown = true;
        }
    }

    /** Tells what waited, in order. Numbers that are missing in between are looked for among the items. */
    async #drain(outlet: Outlet, turn: number): Promise<void> {
        for (;;) {
            const event = this.#waiting?.shift();
            if (event === undefined) {
                break;
            }
            if (this.#misses(event)) {
                await this.#lookBack(outlet, turn);
                if (turn !== this.#turn) {
                    return;
                }
            }
            this.#tell(event);
        }
        this.#waiting = null;
        if (this.#hasOverflown) {
            this.#hasOverflown = false;
            this.#hears.reset({ node: this.node, reason: 'gap' });
        }
    }

    #tellOrLookBack(event: NodeEvent, outlet: Outlet): void {
        if (!this.#misses(event)) {
            this.#tell(event);
            return;
        }
        const turn = this.#turn;
        this.#waiting = [event];
        this.#drain(outlet, turn).catch(() => {
            // The connection is gone; the next one looks back.
        });
    }

    #misses(event: NodeEvent): boolean {
        return event.kind === 'published' && this.#journal.missing(markOf(event.entry.stamp, event.entry.element)) > 0n;
    }

    #tell(event: NodeEvent): void {
        switch (event.kind) {
            case 'published':
                this.#tellItem(event.entry, event.isOld);
                break;
            case 'retracted':
                if (this.#journal.hearRetraction(event.id)) {
                    this.#hears.delete(this.node, event.id, null);
                }
                break;
            case 'purged':
            case 'deleted':
                this.#journal.clear();
                this.#hears.reset({ node: this.node, reason: event.kind });
                break;
        }
    }

    #tellItem(entry: Entry, isOld: boolean): void {
        const mark = markOf(entry.stamp, entry.element);
        // A service may send the last item to every new subscriber, marked as old: that is no news.
        const isKnown = isOld && (this.#journal.isBlank || this.#journal.knows(entry.id, mark));
        if (this.#journal.hear(entry.id, mark, entry.action) && !isKnown) {
            this.#hand(entry);
        }
    }

    #hand(entry: Entry): void {
        if (entry.action === 'delete') {
            this.#hears.delete(this.node, entry.id, entry);
        } else {
            this.#hears.update(entry);
        }
    }

    /** What the node held at the start decides later what was missed, should nothing be told in between. */
    async #lookAtBeginning(outlet: Outlet, turn: number): Promise<void> {
        const items = await readable(outlet.recent(this.node, 1));
        const last = items?.at(-1);
        if (turn !== this.#turn || items === null) {
            return;
        }
        this.#journal.begin(
            last === undefined
                ? { kind: 'empty' }
                : { kind: 'item', id: last.id, mark: markOf(last.stamp, last.element) },
        );
        // What waits may be that very item, and is news then; its number must not count as known before it is told.
        const isQuiet = this.#waiting?.length === 0;
        if (last !== undefined && last.stamp.log !== null && last.stamp.sequence !== null && isQuiet) {
            this.#journal.advance(last.stamp.log, last.stamp.sequence);
        }
    }

    /** Reads as many recent items as it takes to connect to what was told, and tells the rest. */
    async #lookBack(outlet: Outlet, turn: number): Promise<void> {
        for (let far = FIRST_LOOK; ; far = Math.min(far * 2, FARTHEST_LOOK)) {
            const items = await readable(outlet.recent(this.node, far));
            if (turn !== this.#turn) {
                return;
            }
            if (items === null) {
                this.#hears.reset({ node: this.node, reason: 'gap' });
                return;
            }
            const entries = ordered(items);
            const held = entries.map((entry) => ({ id: entry.id, mark: markOf(entry.stamp, entry.element) }));
            const isWhole = items.length < far || far >= FARTHEST_LOOK;
            const seen =
                this.#position === null ? look(this.#journal, held, isWhole) : resume(this.#position, held, isWhole);
            if (seen !== null) {
                this.#tellSeen(seen, entries, held, isWhole);
                return;
            }
        }
    }

    #tellSeen(seen: NonNullable<Look>, entries: readonly Entry[], held: readonly Held[], isWhole: boolean): void {
        if (seen.hasGap) {
            this.#hears.reset({ node: this.node, reason: 'gap' });
        }
        for (const id of seen.gone) {
            if (this.#journal.isAlive(id)) {
                this.#journal.miss(id);
                this.#hears.delete(this.node, id, null);
            }
        }
        if (isWhole) {
            const ids = new Set(held.map(({ id }) => id));
            this.#journal.retain((id) => ids.has(id));
        }
        entries.forEach((entry, place) => {
            const mark = markOf(entry.stamp, entry.element);
            if (place < seen.from && !this.#journal.isBack(entry.id, mark)) {
                return;
            }
            if (!this.#journal.knows(entry.id, mark)) {
                this.#journal.catchUp(entry.id, mark, entry.action);
                this.#hand(entry);
            }
            this.#journal.cover(mark);
        });
    }
}

/** By number where all items are of one log, else as the service has them. */
function ordered(entries: readonly Entry[]): readonly Entry[] {
    const log = entries[0]?.stamp.log ?? null;
    if (log === null || entries.some(({ stamp }) => stamp.log !== log || stamp.sequence === null)) {
        return entries;
    }
    return [...entries].sort((one, two) => Number((one.stamp.sequence ?? 0n) - (two.stamp.sequence ?? 0n)));
}

/** What a service does not let us read is `null`; a connection that is gone rejects. */
async function readable(items: Promise<Entry[]>): Promise<Entry[] | null> {
    try {
        return await items;
    } catch (error) {
        if (error instanceof RefusedError && error.condition !== 'disconnected') {
            return null;
        }
        throw error;
    }
}
