/** Sizes, times and numbers as people read them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** 1536 → `1.5 KiB`. */
export function size(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

const IN_SENTENCES = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g

/** A sentence of the server, in which times are as everywhere on the page: in the user's zone, to the minute. */
export function localTimes(sentence: string): string {
  return sentence.replaceAll(IN_SENTENCES, (iso) => moment(iso))
}

/**
 * A time of the server (UTC) in the user's zone, to the minute: `2026-11-18 09:05`. The same in every language, and the
 * same shape as in the gallery: who reads the one language finds what who reads the other one named.
 */
export function moment(iso: string): string {
  const at = partsOf(iso)
  return `${at.year}-${at.month}-${at.day} ${at.hour}:${at.minute}`
}

/** The same to the second and with its zone, for the title: `2026-11-18 09:05:07 GMT+8`. */
export function exactMoment(iso: string): string {
  const at = partsOf(iso)
  return `${moment(iso)}:${at.second} ${at.timeZoneName}`
}

function partsOf(iso: string): Record<string, string> {
  const two = '2-digit' as const
  const parts = new Intl.DateTimeFormat('en', {
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
  }).formatToParts(new Date(iso))
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]))
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** `3 hours ago`, as of `now`. */
export function ago(iso: string, language: string, now: Date = new Date()): string {
  const seconds = (new Date(iso).getTime() - now.getTime()) / 1000
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'always' })
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit)
  }
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(0, 'second')
}

/** Minutes as days, hours and minutes, the two largest of them: 1500 → `1 d 1 h`. */
export function duration(minutes: number, language: string): string {
  const parts: [number, 'day' | 'hour' | 'minute'][] = [
    [Math.floor(minutes / 1440), 'day'],
    [Math.floor((minutes % 1440) / 60), 'hour'],
    [Math.floor(minutes % 60), 'minute'],
  ]
  const shown = parts.filter(([value]) => value > 0).slice(0, 2)
  if (shown.length === 0) shown.push([0, 'minute'])
  return shown
    .map(([value, unit]) =>
      new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value),
    )
    .join(' ')
}

export type WaitUnit = 'second' | 'seconds' | 'minute' | 'minutes' | 'hour' | 'hours'

/** A time to wait as the server says it: seconds up to two minutes, then minutes, beyond two hours hours; rounded up. */
export function waitOf(seconds: number): { count: number; unit: WaitUnit } {
  const [length, unit] =
    seconds < 120 ? ([1, 'second'] as const) : seconds <= 7_200 ? ([60, 'minute'] as const) : ([3_600, 'hour'] as const)
  const value = Math.ceil(seconds / length)
  return { count: value, unit: value === 1 ? unit : `${unit}s` }
}

export function count(value: number, language: string): string {
  return new Intl.NumberFormat(language).format(value)
}
