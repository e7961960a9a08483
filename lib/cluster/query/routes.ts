import type { FastifyInstance } from 'fastify'
import { LabError } from '../../error.ts'
import { StaleError } from '../../serve/api/answer.ts'
import { plain } from '../../serve/methods.ts'
import { decodeJob, encodeResult } from './job.ts'
import type { Querier } from './querier.ts'
import { type JobFailure, jobPath, jobStatus } from './remote-querier.ts'

/** Of a job: the traces that its sources share. */
const maxJobBytes = 256 * 2 ** 20
const jobType = 'application/octet-stream'

/** Adds the route by which a querier takes jobs. One whose asker hangs up ends. */
export function addQuerierRoutes(app: FastifyInstance, querier: Querier): void {
  app.addContentTypeParser(jobType, { parseAs: 'buffer', bodyLimit: maxJobBytes }, (_, body, done) => done(null, body))
  app.post(jobPath, { bodyLimit: maxJobBytes }, async (request, reply) => {
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    // One that cannot be read is for another querier: it fails as what is not expected does.
    const job = decodeJob(request.body as Buffer)
    try {
      const result = await querier.run(job, gone.signal)
      return reply.type(jobType).send(encodeResult(result))
    } catch (error) {
      if (error instanceof StaleError) return plain(reply, jobStatus.stale, error.message)
      if (!(error instanceof LabError)) throw error
      const { kind, message }: JobFailure = error
      return reply.code(jobStatus.failed).send({ kind, message })
    }
  })
}
