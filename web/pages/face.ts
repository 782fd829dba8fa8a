/** Somebody without a picture: the first letters of a name, in a colour that is always the same for it. */

export function initials(name: string): string {
    const words = name.trim().split(/[\s._-]+/);
    const letters = [words[0], words.length > 1 ? words.at(-1) : ''].map((word) => [...(word ?? '')][0] ?? '');
    return letters.join('').toLocaleUpperCase();
}

export function hue(name: string): number {
    let sum = 0;
    for (const character of name) {
        sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 360;
    }
    return sum;
}

/** Fills a `.face`. The colour is set by script, because the page allows no styles in its text. */
export function show(face: HTMLElement, name: string): void {
    face.textContent = initials(name) || '?';
    face.style.setProperty('--hue', String(hue(name)));
}
