/** The tab that a page shows stands in its address: it can be kept and shared, and Back leads to the one before. */
import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** One of `names`; the first of them where the address names none. */
export function useTab<Name extends string>(names: readonly [Name, ...Name[]]): WritableComputedRef<Name> {
  const route = useRoute()
  const router = useRouter()
  const home = route.name
  let last: Name = names[0]
  return computed({
    get: () => {
      // On the way to another page its address is none of ours.
      if (route.name === home) last = names.find((name) => name === route.query.tab) ?? names[0]
      return last
    },
    set: (name) => void router.push({ query: name === names[0] ? {} : { tab: name } }),
  })
}
