/** Reserved prefixes of plugin names, and the accounts that own them. */
import type { Config, ReservedPrefix } from '@/api/types'

// What the server takes.
export const MOST_PREFIXES = 100
export const MOST_OWNERS = 100
export const LONGEST_PREFIX = 100

/** The prefixes of a configuration, as a copy that can be written in. */
export function prefixesOf(config: Pick<Config, 'reserved_prefixes'> | null): ReservedPrefix[] {
  return (config?.reserved_prefixes ?? []).map(({ prefix, owner_ids }) => ({ prefix, owner_ids: [...owner_ids] }))
}

/** As they are sent. */
export function trimmed(rows: readonly ReservedPrefix[]): ReservedPrefix[] {
  return rows.map(({ prefix, owner_ids }) => ({ prefix: prefix.trim(), owner_ids: [...owner_ids] }))
}
