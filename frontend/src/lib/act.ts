/** Doing something on a click: a refusal is shown in a message of its own. */
import { ElMessage } from 'element-plus'
import { h, type Ref } from 'vue'
import ErrorText from '@/components/ErrorText.vue'
import { useSending, type Send } from './sending'

export function useAct(): { busy: Ref<boolean>; act: Send } {
  const { busy, send } = useSending(show)
  return { busy, act: send }
}

function show(error: unknown): void {
  // Stays until it is closed: a request id must be readable.
  ElMessage({ type: 'error', message: h(ErrorText, { error }), duration: 0, showClose: true })
}
