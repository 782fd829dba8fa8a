/** 64-bit FNV-1a with a zero byte after each part: the hash in which the server's positions name a node. */

const MASK = 0xffff_ffff_ffff_ffffn;
const PRIME = 0x0100_0000_01b3n;

const encoder = new TextEncoder();

export function hash(...parts: string[]): bigint {
    let value = 0xcbf2_9ce4_8422_2325n;
    for (const part of parts) {
        for (const byte of encoder.encode(part)) {
            value = ((value ^ BigInt(byte)) * PRIME) & MASK;
        }
        value = (value * PRIME) & MASK;
    }
    return value;
}
