/** Whether an element has more in it than it shows. */
import { onUnmounted, ref, watch, type Ref } from 'vue'

/** One observer for all: a list has dozens of names. */
let observer: ResizeObserver | undefined
const measures = new WeakMap<Element, () => void>()

function observed(): ResizeObserver {
  observer ??= new ResizeObserver((entries) => {
    for (const { target } of entries) measures.get(target)?.()
  })
  return observer
}

/** True while some of the element's content is cut off, or has to be scrolled to. `content`: what it is made of. */
export function useClipped(
  place: () => HTMLElement | null | undefined,
  content: () => unknown,
): Readonly<Ref<boolean>> {
  const isClipped = ref(false)
  let known: HTMLElement | null = null

  function measure(): void {
    // Rounded up on either side: less than two pixels are no text.
    isClipped.value =
      known !== null &&
      (known.scrollWidth - known.clientWidth > 1 || known.scrollHeight - known.clientHeight > 1) &&
      known.clientWidth > 0
  }

  function forget(): void {
    if (known === null) return
    observed().unobserve(known)
    measures.delete(known)
    known = null
  }

  watch(
    [place, content],
    ([now]) => {
      if ((now ?? null) !== known) {
        forget()
        known = now ?? null
        if (known !== null) {
          measures.set(known, measure)
          observed().observe(known)
        }
      }
      measure()
    },
    { immediate: true, flush: 'post' },
  )
  onUnmounted(forget)
  return isClipped
}
