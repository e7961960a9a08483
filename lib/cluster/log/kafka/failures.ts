import { GenericError, type MultipleErrors, protocolErrors } from '@platformatic/kafka'
import { LogError, type LogErrorReason } from '../log.ts'

/** The numbers of Kafka's errors that are told apart here (kafka.apache.org/protocol, error codes). */
export const codeOf = {
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  messageTooLarge: 10,
  topicAlreadyExists: 36,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  unknownProducerId: 59,
} as const

/** Trying again may help after these: the leader moves, replicas are away, a broker is busy or has just started. */
const passing = new Set(
  [
    ...['UNKNOWN_SERVER_ERROR', 'CORRUPT_MESSAGE', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'],
    ...['INCONSISTENT_TOPIC_ID', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_OR_FOLLOWER', 'FENCED_LEADER_EPOCH'],
    ...['UNKNOWN_LEADER_EPOCH', 'OFFSET_NOT_AVAILABLE', 'REQUEST_TIMED_OUT', 'BROKER_NOT_AVAILABLE'],
    ...['REPLICA_NOT_AVAILABLE', 'NETWORK_EXCEPTION', 'COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE'],
    ...['NOT_COORDINATOR', 'NOT_CONTROLLER', 'NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
    ...['KAFKA_STORAGE_ERROR', 'LISTENER_NOT_FOUND', 'THROTTLING_QUOTA_EXCEEDED', 'CONCURRENT_TRANSACTIONS'],
  ].map(id => protocolErrors[id]!.code),
)

/** What a broker answered: the number of its error, or undefined where it did not answer. */
export function answeredCode(error: unknown): number | undefined {
  const errors = (error as MultipleErrors | undefined)?.errors
  const code = errors?.[0]?.apiCode
  return typeof code === 'number' ? code : undefined
}

/** The body of an answer that has errors in it. */
export function answerOf<T>(error: unknown): T | undefined {
  return (error as { response?: T } | undefined)?.response
}

/** Whether the same may succeed later, or at another broker. */
export function isPassing(error: unknown): boolean {
  if (error instanceof LogError) return false
  const code = answeredCode(error)
  if (code !== undefined) return passing.has(code)
  return !isRefusedLogin(error)
}

function isRefusedLogin(error: unknown): boolean {
  return (
    GenericError.isGenericError(error as Error) && chainOf(error).some(({ code }) => code === 'PLT_KFK_AUTHENTICATION')
  )
}

function chainOf(error: unknown): { code?: string; message: string; cause?: unknown }[] {
  const chain = []
  for (let at = error; at instanceof Error && chain.length < 10; at = at.cause) chain.push(at)
  return chain
}

/** A failure as an error of the log, in one line. */
export function logError(name: string, error: unknown): LogError {
  if (error instanceof LogError) return error
  const code = answeredCode(error)
  const reason: LogErrorReason = isPassing(error) ? 'unreachable' : 'refused'
  return new LogError(reason, `${name}: ${code === undefined ? chainText(error) : codeText(code, error)}`, {
    cause: error,
  })
}

function codeText(code: number, error: unknown): string {
  const { id = `error ${code}` } = Object.values(protocolErrors).find(known => known.code === code) ?? {}
  const said = (error as MultipleErrors).errors[0]?.serverErrorMessage
  return said ? `Kafka answers ${id}: ${said}` : `Kafka answers ${id}`
}

function chainText(error: unknown): string {
  return [...new Set(chainOf(error).map(({ message }) => message.replace(/\.$/, '')))].join(': ') || String(error)
}
