/** When something was, in the words of whoever reads it. */

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
];

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const date = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

/** `4 min ago`; a week later the date. */
export function ago(then: Date, now: Date = new Date()): string {
    const passed = now.getTime() - then.getTime();
    if (passed < 60_000) {
        return 'just now';
    }
    if (passed > 7 * 86_400_000) {
        return whole.format(then);
    }
    const [unit, size] = STEPS.find(([, size]) => passed >= size) ?? ['minute', 60_000];
    return relative.format(-Math.floor(passed / size), unit);
}

/** `14:05`. */
export function atClock(then: Date): string {
    return clock.format(then);
}

/** `Today`, `Yesterday`, or the date. */
export function day(then: Date, now: Date = new Date()): string {
    const midnight = (of: Date) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
    const days = Math.round((midnight(now) - midnight(then)) / 86_400_000);
    const words =
        days <= 1
            ? new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(-days, 'day')
            : date.format(then);
    return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** Writes a time into its element, to be read and to be kept up to date. */
export function show(element: HTMLTimeElement, then: Date, words: (then: Date) => string = ago): void {
    element.dateTime = then.toISOString();
    element.title = whole.format(then);
    element.textContent = words(then);
}

/** Keeps all relative times of a page up to date. */
export function keepUp(root: ParentNode, words: (then: Date) => string = ago): void {
    setInterval(() => {
        for (const element of root.querySelectorAll('time')) {
            element.textContent = words(new Date(element.dateTime));
        }
    }, 30_000);
}
