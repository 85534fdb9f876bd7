/** What the page shown is about, for the title of its tab. */
import { onUnmounted, readonly, ref, watch } from 'vue'

const subject = ref('')
/** Empty where the page is about nothing in particular. */
export const shownSubject = readonly(subject)

/** Tell what the page is about, as soon as it is known. */
export function useSubject(name: () => string | null | undefined): void {
  watch(
    name,
    (now) => {
      subject.value = now ?? ''
    },
    { immediate: true },
  )
  onUnmounted(() => {
    subject.value = ''
  })
}
