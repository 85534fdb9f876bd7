/** Which section of a page is read: the one at the top of what is in view, or the one that a link just led to. */
import { nextTick, onMounted, onScopeDispose, ref, watch, type Ref } from 'vue'
import { useRoute } from 'vue-router'

/** Does it begin above the line? What stays in view by itself says nothing about where one reads. */
function isPast(id: string, line: number): boolean {
  const section = document.getElementById(id)
  if (section === null || getComputedStyle(section).position === 'sticky') return false
  return section.getBoundingClientRect().top <= line
}

/** `ids`: of the sections, in the order of the page; `isThere`: are they shown yet? */
export function useSections(ids: readonly string[], isThere: () => boolean): { active: Ref<string> } {
  const route = useRoute()
  const active = ref(ids[0] ?? '')
  // A section near the end of the page cannot come up to the top.
  let led: { id: string; at: number } | null = null

  function look(): void {
    if (led !== null && Math.abs(window.scrollY - led.at) < 2) return
    led = null
    const line = window.innerHeight / 3
    const read = ids.filter((id) => isPast(id, line))
    active.value = read.at(-1) ?? ids[0] ?? ''
  }

  function follow(): void {
    const id = route.hash.slice(1)
    if (!ids.includes(id)) return
    requestAnimationFrame(() => {
      led = { id, at: window.scrollY }
      active.value = id
    })
  }

  watch(() => route.hash, follow)
  // What the address names was not there when the browser looked for it.
  watch(
    isThere,
    async (now) => {
      if (!now || route.hash === '') return
      await nextTick()
      document.getElementById(route.hash.slice(1))?.scrollIntoView()
      follow()
    },
    { immediate: true },
  )
  onMounted(() => window.addEventListener('scroll', look, { passive: true }))
  onScopeDispose(() => window.removeEventListener('scroll', look))
  return { active }
}
