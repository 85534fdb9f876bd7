/** Accounts that a page names: their usernames by id, and a search. */
import { shallowRef } from 'vue'
import { at } from '@/api/address'
import { get } from '@/api/client'
import type { Account } from '@/api/types'
import { useSearch } from '@/composables/useSearch'

const FOUND = 20
const AT_ONCE = 5

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
        some.map((id) => get(at('/api/v1/admin/users/{user_id}', { user_id: id }))),
      )
      remember(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])))
    }
  }

  return { name, learn, remember }
}

/** A search for accounts. */
export function useAccountSearch() {
  return useSearch(async (text) => {
    const wanted = text === '' ? {} : { search: text }
    return (await get('/api/v1/admin/users', { ...wanted, limit: FOUND })).users
  })
}
