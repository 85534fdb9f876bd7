/** One page of a list from the server: filters and page stand in the address, so that it can be kept and shared. */
import { computed, onUnmounted, ref, shallowRef, watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { get } from '@/api/client'
import type { Pagination } from '@/api/types'

export const LIMIT = 20
const TYPING_MS = 250

export interface Listed<T> {
  rows: Readonly<Ref<T[]>>
  total: Readonly<Ref<number>>
  page: Ref<number>
  /** By name; an empty text asks for nothing. A change goes to the first page. */
  filters: Ref<Record<string, string>>
  loading: Readonly<Ref<boolean>>
  loaded: Readonly<Ref<boolean>>
  error: Readonly<Ref<unknown>>
  reload(): Promise<void>
}

/** The host API says only how many rows there are. */
interface Answer extends Record<string, unknown> {
  pagination?: Pagination
  total?: number
}

/** `names`: the filters there are; `key`: where the rows stand in the answer. */
export function useList<T>(url: string, key: string, names: readonly string[], extra: object = {}): Listed<T> {
  const route = useRoute()
  const router = useRouter()
  const rows = shallowRef<T[]>([])
  const total = ref(0)
  const loading = ref(false)
  const loaded = ref(false)
  const error = shallowRef<unknown>(null)
  const filters = ref<Record<string, string>>(
    Object.fromEntries(names.map((name) => [name, String(route.query[name] ?? '')])),
  )
  const number = ref(Number(route.query.page ?? 1) || 1)
  const page = computed({
    get: () => number.value,
    set: (value) => {
      number.value = value
      void reload()
    },
  })
  let asked = 0
  let typing: ReturnType<typeof setTimeout> | undefined
  // Addresses on their way that this list itself wrote.
  const writing = new Set<string>()
  const home = route.name
  const address = computed(() => asAddress((name) => String(route.query[name] ?? '')))

  // Back, forward, or the menu's link to this very page: the address leads.
  watch(address, (now) => {
    if (route.name !== home || writing.has(now) || now === shown()) return
    for (const name of names) filters.value[name] = String(route.query[name] ?? '')
    number.value = Number(route.query.page ?? 1) || 1
    void reload()
  })
  watch(
    filters,
    () => {
      clearTimeout(typing)
      if (shown() === address.value) return
      typing = setTimeout(() => {
        number.value = 1
        void reload()
      }, TYPING_MS)
    },
    { deep: true },
  )
  onUnmounted(() => {
    clearTimeout(typing)
    // What is still on its way is for nobody any more.
    asked += 1
  })

  function asAddress(value: (name: string) => string): string {
    return JSON.stringify([...names.map(value), value('page') || '1'])
  }

  function shown(): string {
    return asAddress((name) => (name === 'page' ? String(number.value) : (filters.value[name] ?? '')))
  }

  function write(query: Record<string, string>): void {
    const own = shown()
    writing.add(own)
    void router.replace({ query }).finally(() => setTimeout(() => writing.delete(own)))
  }

  async function reload(): Promise<void> {
    const wanted = Object.fromEntries(Object.entries(filters.value).filter(([, value]) => value !== ''))
    const query = number.value > 1 ? { ...wanted, page: String(number.value) } : wanted
    write(query)
    // Of answers that overtake each other the last one asked for counts.
    const turn = ++asked
    loading.value = true
    try {
      const answer = await get<Answer>(url, {
        ...wanted,
        ...extra,
        page: number.value,
        limit: LIMIT,
      })
      if (turn !== asked) return
      rows.value = answer[key] as T[]
      total.value = answer.pagination?.total ?? answer.total ?? 0
      error.value = null
      loaded.value = true
      // The last row of the last page may be gone, or the address old: then the last page there is.
      if (rows.value.length === 0 && total.value > 0 && number.value > 1) {
        page.value = Math.min(number.value - 1, Math.ceil(total.value / LIMIT))
      }
    } catch (reason) {
      if (turn === asked) error.value = reason
    } finally {
      if (turn === asked) loading.value = false
    }
  }

  void reload()
  return { rows, total, page, filters, loading, loaded, error, reload }
}

/** Something that is loaded as a whole; `load` can be called again. */
export function useLoaded<T>(load: () => Promise<T>) {
  const value = shallowRef<T | null>(null)
  const loading = ref(false)
  const error = shallowRef<unknown>(null)
  let asked = 0

  async function reload(): Promise<void> {
    const turn = ++asked
    loading.value = true
    try {
      const found = await load()
      if (turn !== asked) return
      value.value = found
      error.value = null
    } catch (reason) {
      if (turn === asked) error.value = reason
    } finally {
      if (turn === asked) loading.value = false
    }
  }

  void reload()
  return { value, loading, error, reload, loaded: computed(() => value.value !== null) }
}
