/**
 * The mark of the sender inside an entry: `<change xmlns="urn:pubsub:change:1" seq="" log="" action="" origin=""/>`.
 *
 * With a log, the numbers of a node follow each other without gaps; without one they are those of their origin. Of what foreign
 * programs publish only the words are known.
 */

import { child, fingerprint } from './dom.js';
import { hash } from './hash.js';
import { CHANGE } from './name.js';

/** What was done to the saved row. */
export type Action = 'create' | 'update' | 'delete';

export interface Stamp {
    /** The number of the change. */
    readonly sequence: bigint | null;
    /** The log in which that number counts. */
    readonly log: string | null;
    /** What was done; `null` where the sender does not know. */
    readonly action: Action | null;
    /** Who did it: the id of the handle that saved. */
    readonly origin: string | null;
}

export const NO_STAMP: Stamp = { sequence: null, log: null, action: null, origin: null };

/** The largest number of a change: 64 bits. */
const LARGEST = 0xffff_ffff_ffff_ffffn;

/** Reads the stamp of an entry; what cannot be read counts as absent, because it is no reason to lose the entry. */
export function readStamp(entry: Element): Stamp {
    const change = child(entry, 'change', CHANGE);
    if (change === null) {
        return NO_STAMP;
    }
    const action = change.getAttribute('action');
    return {
        sequence: readNumber(change.getAttribute('seq')),
        log: change.getAttribute('log') || null,
        action: action === 'create' || action === 'update' || action === 'delete' ? action : null,
        origin: change.getAttribute('origin') || null,
    };
}

/** A decimal number of at most 64 bits. */
export function readNumber(text: string | null): bigint | null {
    if (text === null || !/^[0-9]{1,20}$/.test(text)) {
        return null;
    }
    const number = BigInt(text);
    return number <= LARGEST ? number : null;
}

/** Tells one state of an item from another. */
export type Mark =
    | { readonly kind: 'logged'; readonly log: string; readonly sequence: bigint }
    | { readonly kind: 'stamped'; readonly origin: string | null; readonly sequence: bigint }
    | { readonly kind: 'hashed'; readonly hash: bigint };

/** The mark of an entry: its number, or else a hash of its words. */
export function markOf(stamp: Stamp, entry: Element | null): Mark {
    if (stamp.sequence === null) {
        return { kind: 'hashed', hash: entry === null ? 0n : hash(fingerprint(entry)) };
    }
    if (stamp.log === null) {
        return { kind: 'stamped', origin: stamp.origin, sequence: stamp.sequence };
    }
    return { kind: 'logged', log: stamp.log, sequence: stamp.sequence };
}

/** Whether `mark` is the same state as `other`. */
export function isSame(mark: Mark, other: Mark): boolean {
    switch (mark.kind) {
        case 'logged':
            return other.kind === 'logged' && mark.log === other.log && mark.sequence === other.sequence;
        case 'stamped':
            return other.kind === 'stamped' && mark.origin === other.origin && mark.sequence === other.sequence;
        case 'hashed':
            return other.kind === 'hashed' && mark.hash === other.hash;
    }
}

/** Whether `mark` is the same state of an item as `other`, or an earlier one. */
export function isWithin(mark: Mark, other: Mark): boolean {
    if (mark.kind === 'logged' && other.kind === 'logged') {
        return mark.log === other.log && mark.sequence <= other.sequence;
    }
    return isSame(mark, other);
}
