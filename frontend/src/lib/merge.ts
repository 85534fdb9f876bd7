/** What two people changed of the same thing: what they changed apart goes together, what both changed is told. */

/** Something that somebody else saved otherwise than it stands in the form. */
export interface News {
  /** Names from the outside in, with dots. */
  path: string
  theirs: unknown
  /** What was typed here; undefined where it was left alone, and theirs is shown now. */
  mine?: unknown
}

export const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
export const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** `mine`, which was made of `then`, put on `now`. Lists are taken as a whole. */
export function merged<T>(then: T, now: T, mine: T, path = ''): { values: T; news: News[] } {
  if (isRecord(then) && isRecord(now) && isRecord(mine)) {
    const names = [...new Set([...Object.keys(now), ...Object.keys(mine)])]
    const parts = names.map((name) => {
      const inner = path === '' ? name : `${path}.${name}`
      return [name, merged<unknown>(then[name], now[name], mine[name], inner)] as const
    })
    return {
      values: Object.fromEntries(parts.map(([name, part]) => [name, part.values])) as T,
      news: parts.flatMap(([, part]) => part.news),
    }
  }
  if (same(mine, now)) return { values: now, news: [] }
  if (same(now, then)) return { values: mine, news: [] }
  if (same(mine, then)) return { values: now, news: [{ path, theirs: now }] }
  return { values: mine, news: [{ path, theirs: now, mine }] }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
