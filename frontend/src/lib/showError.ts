/** A refusal in a message of its own. */
import { ElMessage } from 'element-plus'
import { h } from 'vue'
import { isUnreachable } from '@/api/errors'
import ErrorText from '@/components/common/ErrorText.vue'

const UNREACHABLE_MS = 6_000

/** It stays until it is closed, for a request id must be readable; that no server answered the page says by itself. */
export function showError(error: unknown): void {
  const duration = isUnreachable(error) ? UNREACHABLE_MS : 0
  ElMessage({ type: 'error', message: h(ErrorText, { error }), duration, showClose: true })
}
