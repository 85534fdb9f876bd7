/** One page of a list from the server: filters and page stand in the address, so that it can be kept and shared. */
import { computed, onUnmounted, ref, shallowRef, watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Address, DataOf, PathOf, QueryOf } from '@/api/address'
import { answered } from '@/api/client'
import { isUnreachable } from '@/api/errors'
import type { Pagination } from '@/api/types'
import { useLanguageChange } from '@/composables/useLanguageChange'
import { useLatest } from '@/composables/useLatest'
import { useReturn } from '@/composables/useReturn'
import { useConnection } from '@/stores/connection'

export const LIMIT = 20
const TYPING_MS = 250

export interface Listed<T, Answer> {
  rows: Readonly<Ref<T[]>>
  total: Readonly<Ref<number>>
  page: Ref<number>
  /** By name; an empty text asks for nothing. A change goes to the first page. */
  filters: Ref<Record<string, string>>
  loading: Readonly<Ref<boolean>>
  loaded: Readonly<Ref<boolean>>
  error: Readonly<Ref<unknown>>
  /** All of the last answer; null before the first. */
  answer: Readonly<Ref<Answer | null>>
  reload(): Promise<void>
}

/** The host API says only how many rows there are. */
interface Counts {
  pagination?: Pagination
  total?: number
}

/** The names of the lists in an answer, and what one of them is a list of. */
type ListIn<Data> = { [Key in keyof Data]: Data[Key] extends readonly unknown[] ? Key : never }[keyof Data]
type RowOf<Data, Key> = Data extends { [key in Key & string]: readonly (infer Row)[] } ? Row : never

/** `names`: the filters there are; `key`: where the rows stand in the answer. */
export function useList<Path extends PathOf<'get'>, Key extends ListIn<DataOf<'get', Path>> & string>(
  url: Address<Path>,
  key: Key,
  names: readonly (keyof QueryOf<'get', Path> & string)[],
  extra: Partial<QueryOf<'get', Path>> = {},
): Listed<RowOf<DataOf<'get', Path>, Key>, DataOf<'get', Path>> {
  type Row = RowOf<DataOf<'get', Path>, Key>
  const route = useRoute()
  const router = useRouter()
  const connection = useConnection()
  const rows = shallowRef<Row[]>([])
  const total = ref(0)
  const answer = shallowRef(null) as Ref<DataOf<'get', Path> | null>
  const { loading, error, latest, forget } = useLatest()
  const loaded = ref(false)
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
  let typing: ReturnType<typeof setTimeout> | undefined
  // Addresses on their way that this list itself wrote.
  const writing = new Set<string>()
  const home = route.name
  const place = route.path
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
    forget()
  })

  function asAddress(value: (name: string) => string): string {
    return JSON.stringify([...names.map(value), value('page') || '1'])
  }

  function shown(): string {
    return asAddress((name) => (name === 'page' ? String(number.value) : (filters.value[name] ?? '')))
  }

  // The address that waits until it is known whether the page is left.
  let late: Record<string, string> | null = null
  watch(
    () => connection.isLeaving,
    (isLeaving) => {
      if (!isLeaving && late !== null && route.path === place) write(late)
    },
  )

  function write(query: Record<string, string>): void {
    late = connection.isLeaving ? query : null
    if (late !== null) return
    const own = shown()
    writing.add(own)
    void router.replace({ query }).finally(() => setTimeout(() => writing.delete(own)))
  }

  async function reload(): Promise<void> {
    const wanted = Object.fromEntries(Object.entries(filters.value).filter(([, value]) => value !== ''))
    const query = number.value > 1 ? { ...wanted, page: String(number.value) } : wanted
    write(query)
    // Filters are what stands in the address, be it nonsense: the server says so then.
    const params = { ...wanted, ...extra, page: number.value, limit: LIMIT }
    await latest(
      () => answered('get', url, { params }),
      ({ data }) => {
        answer.value = data
        const found = data as Counts & Record<Key, Row[]>
        rows.value = found[key]
        total.value = found.pagination?.total ?? found.total ?? 0
        loaded.value = true
        // The last row of the last page may be gone, or the address old: then the last page there is.
        if (rows.value.length === 0 && total.value > 0 && number.value > 1) {
          page.value = Math.min(number.value - 1, Math.ceil(total.value / LIMIT))
        }
      },
    )
  }

  useReturn(() => {
    if (isUnreachable(error.value)) void reload()
  })
  useLanguageChange(() => void reload())
  void reload()
  return { rows, total, page, filters, loading, loaded, error, answer, reload }
}
