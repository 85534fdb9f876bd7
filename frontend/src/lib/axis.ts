/** How charts are measured out: an axis of counts has whole numbers, and a bar is no wall. */

/** The widest a bar may be, in pixels. */
export const BAR_MAX = 48
/** At most so many steps. */
const STEPS = 5

/** The end of an axis from nought for counts up to `highest`, and the whole step between its numbers: 1, 2 or 5 times a
power of ten. */
export function wholeAxis(highest: number): { max: number; step: number } {
  const top = Math.max(1, Math.ceil(highest))
  let power = 1
  for (;;) {
    for (const digit of [1, 2, 5]) {
      const step = digit * power
      if (step * STEPS >= top) return { max: Math.ceil(top / step) * step, step }
    }
    power *= 10
  }
}
