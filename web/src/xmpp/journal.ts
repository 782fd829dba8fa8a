/**
 * What was already told of one node, so that nothing is told twice and it shows when something is missing.
 *
 * Pure memory of bounded size: ids, marks and numbers. It follows the same rules as the server's own subscriptions. Who asks for the
 * items that were missed is the `follower`; what they show is decided by `look`.
 */

import { MOST_LOGS } from './position.js';
import { type Action, isSame, isWithin, type Mark } from './stamp.js';

/** What the node held when the subscription began. */
export type Beginning =
    /** The service would not say, or the node keeps nothing. */
    | { readonly kind: 'unknown' }
    /** Nothing: whatever it holds now is news. */
    | { readonly kind: 'empty' }
    /** This was its last item. It was not told, and may still be. */
    | { readonly kind: 'item'; readonly id: string; readonly mark: Mark };

/** What was told of an item last: that it is there, that it was deleted, that the node does not have it any more. */
type Standing = 'alive' | 'deleted' | 'missing';

interface Told {
    mark: Mark;
    /** Read from the node's items while its notification may still be under way. */
    isCaughtUp: boolean;
    standing: Standing;
    /** Retractions that come now belong to a deletion that was told. */
    expectsRetraction: boolean;
}

/** How far a log was followed. */
interface Progress {
    /** Every change up to this one was told, or is older than the subscription. */
    known: bigint;
    /** No change up to this one is missing, though one may not have been heard yet: the items were read later. */
    covered: bigint;
}

/** Items of which something is remembered; the oldest are forgotten first. */
export const MOST_TOLD = 2000;

export class Journal {
    readonly #capacity: number;
    /** Oldest first: an item that is told again goes to the end. */
    readonly #told = new Map<string, Told>();
    readonly #logs = new Map<string, Progress>();
    #beginning: Beginning = { kind: 'unknown' };
    /** How many events without a number were heard since the last one with a number. */
    #unnumbered = 0n;

    constructor(capacity = MOST_TOLD) {
        this.#capacity = capacity;
    }

    /** Says what the node held at the beginning. */
    begin(beginning: Beginning): void {
        this.#beginning = beginning;
    }

    /** Whether everything that the node holds would be news: it was empty, and nothing was told yet. */
    get beginsEmpty(): boolean {
        return this.#beginning.kind === 'empty' && this.#told.size === 0;
    }

    /** Whether nothing was told yet, nor known before. */
    get isBlank(): boolean {
        return this.#told.size === 0 && this.#beginning.kind === 'unknown' && this.#logs.size === 0;
    }

    /** Whether this state of the item was told, or was there before anything was. */
    knows(id: string, mark: Mark): boolean {
        if (this.isBack(id, mark)) {
            return false;
        }
        const told = this.#told.get(id);
        const first = this.#beginning;
        return (
            this.#isTold(mark) ||
            (told !== undefined && isWithin(mark, told.mark)) ||
            (first.kind === 'item' && first.id === id && isSame(first.mark, mark))
        );
    }

    /**
     * Notes a notification; `false` when its news is old.
     *
     * A numbered change is old when it was told before. Of a foreign one that can be said only when the same words were just read
     * from the node's items: anything else may be a second publish of the same words.
     */
    hear(id: string, mark: Mark, action: Action | null): boolean {
        const isDeletion = action === 'delete';
        const before = this.#told.get(id);
        const isTold =
            this.#isTold(mark) ||
            (before !== undefined && isWithin(mark, before.mark) && (mark.kind !== 'hashed' || before.isCaughtUp));
        const isOld = isTold && !this.isBack(id, mark);
        this.#follow(mark);
        if (!isOld) {
            this.#note(id, mark, false, isDeletion);
            return true;
        }
        if (before !== undefined) {
            before.isCaughtUp = false;
            // A deletion that is sent again brings its retraction again, even where the item was saved since.
            before.expectsRetraction = isDeletion || before.standing === 'deleted';
        } else if (isDeletion) {
            this.#note(id, mark, false, true);
        }
        return false;
    }

    /** Notes a bare retraction; `false` when it only completes a deletion that was told. */
    hearRetraction(id: string): boolean {
        const told = this.#told.get(id);
        if (told !== undefined && (told.expectsRetraction || told.standing === 'missing')) {
            return false;
        }
        this.#unnumbered += 1n;
        this.#told.delete(id);
        return true;
    }

    /** Notes an item read from the node while notifications of the same change may still come. */
    catchUp(id: string, mark: Mark, action: Action | null): void {
        this.#note(id, mark, true, action === 'delete');
    }

    /** The node does not have an item any more, and nobody said why. */
    miss(id: string): void {
        const told = this.#told.get(id);
        if (told !== undefined) {
            told.standing = 'missing';
        }
    }

    /** Whether an item was told, and not as deleted. */
    isAlive(id: string): boolean {
        return this.#told.get(id)?.standing === 'alive';
    }

    /** Whether an item that was missed is there again as it was: news, though its number is not. */
    isBack(id: string, mark: Mark): boolean {
        const told = this.#told.get(id);
        return told?.standing === 'missing' && isSame(told.mark, mark);
    }

    /** Forgets all items but these. Deletions are remembered, for the retractions that may still come. */
    retain(isHeld: (id: string) => boolean): void {
        for (const [id, told] of this.#told) {
            if (told.standing === 'alive' && !isHeld(id)) {
                this.#told.delete(id);
            }
        }
    }

    /** Forgets all items: the node is empty now. */
    clear(): void {
        this.#told.clear();
        this.#beginning = { kind: 'empty' };
    }

    /** The ids told and neither deleted nor forgotten, oldest first. */
    inOrder(): string[] {
        return [...this.#told].filter(([, told]) => told.standing === 'alive').map(([id]) => id);
    }

    /** By log: the last change that was told, or whose result was. */
    get covered(): Map<string, bigint> {
        return new Map([...this.#logs].map(([log, progress]) => [log, progress.covered]));
    }

    /** Every change of the log up to this one counts as told. */
    advance(log: string, to: bigint): void {
        this.#unnumbered = 0n;
        const progress = this.#logs.get(log);
        if (progress !== undefined) {
            progress.known = larger(progress.known, to);
            progress.covered = larger(progress.covered, to);
        } else if (this.#logs.size < MOST_LOGS) {
            this.#logs.set(log, { known: to, covered: to });
        }
    }

    /** The items of the node were read: what is missing up to this change was missed for good, or was told by its result. */
    cover(mark: Mark): void {
        if (mark.kind !== 'logged') {
            return;
        }
        const progress = this.#logs.get(mark.log);
        if (progress !== undefined) {
            progress.covered = larger(progress.covered, mark.sequence);
        } else if (this.#logs.size < MOST_LOGS) {
            this.#logs.set(mark.log, { known: 0n, covered: mark.sequence });
        }
    }

    /** How many changes of its log were missed right before this one. */
    missing(mark: Mark): bigint {
        const progress = mark.kind === 'logged' ? this.#logs.get(mark.log) : undefined;
        if (mark.kind !== 'logged' || progress === undefined) {
            return 0n;
        }
        return larger(0n, mark.sequence - progress.covered - 1n - this.#unnumbered);
    }

    /** Whether the log was followed beyond it. */
    #isTold(mark: Mark): boolean {
        const progress = mark.kind === 'logged' ? this.#logs.get(mark.log) : undefined;
        return mark.kind === 'logged' && progress !== undefined && mark.sequence <= progress.known;
    }

    #follow(mark: Mark): void {
        if (mark.kind === 'logged') {
            this.advance(mark.log, mark.sequence);
        } else {
            this.#unnumbered += 1n;
        }
    }

    #note(id: string, mark: Mark, isCaughtUp: boolean, isDeletion: boolean): void {
        this.#told.delete(id);
        const standing = isDeletion ? 'deleted' : 'alive';
        this.#told.set(id, { mark, isCaughtUp, standing, expectsRetraction: isDeletion });
        for (const oldest of this.#told.keys()) {
            if (this.#told.size <= this.#capacity) {
                break;
            }
            this.#told.delete(oldest);
        }
    }
}

function larger(one: bigint, two: bigint): bigint {
    return one > two ? one : two;
}
