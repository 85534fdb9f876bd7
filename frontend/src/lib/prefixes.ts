/** Reserved prefixes of plugin names, and the accounts that own them. */
import { shallowRef } from 'vue'
import { get } from '@/api/client'
import type { Account, Config, ReservedPrefix } from '@/api/types'

// What the server takes.
export const MOST_PREFIXES = 100
export const MOST_OWNERS = 100
export const LONGEST_PREFIX = 100

const FOUND = 20
const AT_ONCE = 5

/** The prefixes of a configuration, as a copy that can be written in. */
export function prefixesOf(config: Pick<Config, 'reserved_prefixes'> | null): ReservedPrefix[] {
  return (config?.reserved_prefixes ?? []).map(({ prefix, owner_ids }) => ({ prefix, owner_ids: [...owner_ids] }))
}

/** As they are sent. */
export function trimmed(rows: readonly ReservedPrefix[]): ReservedPrefix[] {
  return rows.map(({ prefix, owner_ids }) => ({ prefix: prefix.trim(), owner_ids: [...owner_ids] }))
}

/** The usernames of accounts by their ids, as far as they are known; an id that is not stands for itself. */
export function useNames() {
  const names = shallowRef<ReadonlyMap<string, string>>(new Map())

  function name(id: string): string {
    return names.value.get(id) ?? id
  }

  function remember(accounts: readonly Account[]): void {
    names.value = new Map([...names.value, ...accounts.map(({ id, username }) => [id, username] as const)])
  }

  /** Ask for those that are not known, a few at a time. */
  async function learn(ids: Iterable<string>): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !names.value.has(id))
    for (let start = 0; start < unknown.length; start += AT_ONCE) {
      const some = unknown.slice(start, start + AT_ONCE)
      const answers = await Promise.allSettled(
        some.map((id) => get<Account>(`/api/v1/admin/users/${encodeURIComponent(id)}`)),
      )
      remember(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])))
    }
  }

  return { name, learn, remember }
}

/** A search for accounts. Of answers that overtake each other the last one asked for counts. */
export function useAccountSearch() {
  const found = shallowRef<Account[]>([])
  const loading = shallowRef(false)
  const error = shallowRef<unknown>(null)
  let asked = 0

  async function search(text: string): Promise<void> {
    const turn = ++asked
    loading.value = true
    try {
      const wanted = text.trim() === '' ? {} : { search: text.trim() }
      const page = await get<{ users: Account[] }>('/api/v1/admin/users', { ...wanted, limit: FOUND })
      if (turn !== asked) return
      found.value = page.users
      error.value = null
    } catch (reason) {
      if (turn !== asked) return
      found.value = []
      error.value = reason
    } finally {
      if (turn === asked) loading.value = false
    }
  }

  return { found, loading, error, search }
}
