/**
 * Decides what was missed, from what the node holds now and from what was told before.
 *
 * Pure. It relies on one thing that the services share: asked for the most recent items, they answer with those published last, so
 * whatever follows the last item that was told is news.
 */

import type { Journal } from './journal.js';
import type { Position } from './position.js';
import type { Mark } from './stamp.js';

/** The first number of recent items to ask for; doubled until it is enough. */
export const FIRST_LOOK = 32;
/** More recent items than this are not read back. */
export const FARTHEST_LOOK = 4096;

/** An item of the node as far as it matters here. */
export interface Held {
    readonly id: string;
    readonly mark: Mark;
}

/** What a look at the most recent items shows; `null` when news may have begun before the oldest of them. */
export type Look = null | {
    /** The index of the first item that may be news. */
    readonly from: number;
    /** Ids that were told and then removed while nobody listened. */
    readonly gone: readonly string[];
    /** Nothing that was told is left to connect to: changes in between may be lost. */
    readonly hasGap: boolean;
};

/** Looks at the most recent items, oldest first. `isWhole` says that the node holds no others. */
export function look(journal: Journal, recent: readonly Held[], isWhole: boolean): Look {
    const last = recent.findLastIndex(({ id, mark }) => journal.knows(id, mark));
    if (last >= 0) {
        const { gone, isUnclear } = isWhole ? missingFrom(journal, recent, last + 1) : { gone: [], isUnclear: false };
        return { from: last + 1, gone, hasGap: isUnclear };
    }
    if (!isWhole) {
        return null;
    }
    if (journal.isBlank && recent.length > 0) {
        // Nothing connects, and nothing was ever told: the items may all be older than the subscription.
        return { from: recent.length, gone: [], hasGap: true };
    }
    const { gone, isUnclear } = missingFrom(journal, recent, 0);
    return { from: 0, gone, hasGap: isUnclear || !(recent.length === 0 || journal.beginsEmpty) };
}

/**
 * The items that were told and are not held any more, and whether it is unclear what became of the oldest.
 *
 * A node that keeps a number of items drops the oldest when new ones come, and that is no retraction. So of what is missing at the old
 * end nothing is said when there is news; what is missing between kept items was retracted.
 */
function missingFrom(journal: Journal, recent: readonly Held[], from: number): { gone: string[]; isUnclear: boolean } {
    const told = journal.inOrder();
    const held = new Set(recent.map(({ id }) => id));
    const kept = told.findIndex((id) => held.has(id));
    const oldestKept = kept < 0 ? told.length : kept;
    const hasNews = recent.slice(from).some(({ id, mark }) => !journal.knows(id, mark));
    const passedOver = hasNews ? oldestKept : 0;
    return { gone: told.slice(passedOver).filter((id) => !held.has(id)), isUnclear: passedOver > 0 };
}

/** Looks at the most recent items, oldest first, for what came after a position that somebody else has read. */
export function resume(position: Position, recent: readonly Held[], isWhole: boolean): Look {
    const knows = ({ mark }: Held) => mark.kind === 'logged' && mark.sequence <= (position.known.get(mark.log) ?? -1n);
    const last = recent.findLastIndex(knows);
    if (last < 0 && !isWhole) {
        return null;
    }
    const news = recent.slice(last + 1);
    const counts = new Map<string, { count: bigint; last: bigint }>();
    for (const { mark } of news) {
        if (mark.kind === 'logged') {
            const so = counts.get(mark.log) ?? { count: 0n, last: 0n };
            counts.set(mark.log, {
                count: so.count + 1n,
                last: mark.sequence > so.last ? mark.sequence : so.last,
            });
        }
    }
    // Numbers have no gaps: as many items as numbers passed, or some change is not among them.
    const isShort = [...counts].some(([log, { count, last }]) => last - (position.known.get(log) ?? 0n) !== count);
    const hasUnnumbered = news.some(({ mark }) => mark.kind !== 'logged');
    const isConnected =
        last >= 0 ||
        position.wasEmpty ||
        (!hasUnnumbered && recent.length > 0) ||
        [...position.known.values()].every((known) => known === 0n);
    return { from: last + 1, gone: [], hasGap: !isConnected || isShort };
}
