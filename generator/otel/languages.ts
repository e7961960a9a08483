import type { Scope } from '../../lib/model/trace.ts'

/** What an instrumentation library is for; each language has one of its own for it. */
export type Library =
  | 'http server'
  | 'http client'
  | 'rpc server'
  | 'rpc client'
  | 'sql'
  | 'documents'
  | 'cache'
  | 'queue'

/** What spans owe to the language of their service. */
export interface Language {
  readonly name: string
  readonly sdkVersion: string
  readonly runtime: readonly [name: string, version: string]
  /** The clock's tick in nanoseconds. */
  readonly tickNanos: number
  /** Bits of the flags that tell whether a parent is remote; older SDKs set only the sampled bit. */
  readonly tellsRemote: boolean
  readonly schemaUrl: string
  readonly libraries: Readonly<Record<Library, Scope>>
}

const schemas = 'https://opentelemetry.io/schemas/'

/** A scope; libraries of the generator have no attributes. */
export function scopeOf(name: string, version: string, schemaUrl = ''): Scope {
  return { name, version, attributes: [], droppedAttributesCount: 0, schemaUrl }
}

const goContrib = 'go.opentelemetry.io/contrib/instrumentation/'
const goHttp = scopeOf(`${goContrib}net/http/otelhttp`, '0.61.0')
const goRpc = scopeOf(`${goContrib}google.golang.org/grpc/otelgrpc`, '0.61.0')

export const go: Language = {
  name: 'go',
  sdkVersion: '1.36.0',
  runtime: ['go', 'go1.24.4'],
  tickNanos: 1,
  tellsRemote: true,
  schemaUrl: `${schemas}1.34.0`,
  libraries: {
    'http server': goHttp,
    'http client': goHttp,
    'rpc server': goRpc,
    'rpc client': goRpc,
    sql: scopeOf('github.com/XSAM/otelsql', '0.39.0', `${schemas}1.30.0`),
    documents: scopeOf(`${goContrib}go.mongodb.org/mongo-driver/mongo/otelmongo`, '0.61.0'),
    cache: scopeOf('github.com/redis/go-redis/extra/redisotel', 'semver:9.10.0'),
    queue: scopeOf('github.com/twmb/franz-go/plugin/kotel', '1.6.0'),
  },
}

export const java: Language = {
  name: 'java',
  sdkVersion: '1.51.0',
  runtime: ['OpenJDK Runtime Environment', '21.0.7+6-LTS'],
  tickNanos: 1000,
  tellsRemote: true,
  schemaUrl: `${schemas}1.24.0`,
  libraries: {
    'http server': javaScope('tomcat-10.0'),
    'http client': javaScope('java-http-client'),
    'rpc server': javaScope('grpc-1.6'),
    'rpc client': javaScope('grpc-1.6'),
    sql: javaScope('jdbc'),
    documents: javaScope('mongo-4.0'),
    cache: javaScope('lettuce-5.1'),
    queue: javaScope('kafka-clients-0.11'),
  },
}

export const nodejs: Language = {
  name: 'nodejs',
  sdkVersion: '1.30.1',
  runtime: ['nodejs', '22.16.0'],
  tickNanos: 1000,
  tellsRemote: false,
  schemaUrl: '',
  libraries: {
    'http server': nodeScope('http', '0.57.2'),
    'http client': nodeScope('http', '0.57.2'),
    'rpc server': nodeScope('grpc', '0.57.2'),
    'rpc client': nodeScope('grpc', '0.57.2'),
    sql: nodeScope('pg', '0.51.0'),
    documents: nodeScope('mongodb', '0.52.0'),
    cache: nodeScope('redis-4', '0.46.1'),
    queue: nodeScope('kafkajs', '0.7.1'),
  },
}

/** A service on an SDK of before 2022, whose clock has milliseconds. */
export const oldNodejs: Language = { ...nodejs, sdkVersion: '1.2.0', runtime: ['nodejs', '16.20.2'], tickNanos: 1e6 }

export const python: Language = {
  name: 'python',
  sdkVersion: '1.34.1',
  runtime: ['cpython', '3.12.11'],
  tickNanos: 1,
  tellsRemote: true,
  schemaUrl: '',
  libraries: {
    'http server': pythonScope('fastapi'),
    'http client': pythonScope('httpx'),
    'rpc server': pythonScope('grpc'),
    'rpc client': pythonScope('grpc'),
    sql: pythonScope('psycopg2'),
    documents: pythonScope('pymongo'),
    cache: pythonScope('redis'),
    queue: pythonScope('confluent_kafka'),
  },
}

export const dotnet: Language = {
  name: 'dotnet',
  sdkVersion: '1.12.0',
  runtime: ['.NET', '9.0.6'],
  tickNanos: 100,
  tellsRemote: false,
  schemaUrl: '',
  libraries: {
    'http server': scopeOf('Microsoft.AspNetCore', ''),
    'http client': scopeOf('System.Net.Http', ''),
    'rpc server': scopeOf('Microsoft.AspNetCore', ''),
    'rpc client': scopeOf('OpenTelemetry.Instrumentation.GrpcNetClient', '1.12.0-beta.1'),
    sql: scopeOf('MySqlConnector', '2.4.0'),
    documents: scopeOf('MongoDB.Driver.Core.Extensions.DiagnosticSources', '2.1.0'),
    cache: scopeOf('OpenTelemetry.Instrumentation.StackExchangeRedis', '1.12.0-beta.1'),
    queue: scopeOf('Confluent.Kafka.Extensions.Diagnostics', '0.5.0'),
  },
}

function javaScope(library: string): Scope {
  return scopeOf(`io.opentelemetry.${library}`, '2.17.0-alpha', `${schemas}1.32.0`)
}

function nodeScope(library: string, version: string): Scope {
  return scopeOf(`@opentelemetry/instrumentation-${library}`, version)
}

function pythonScope(library: string): Scope {
  return scopeOf(`opentelemetry.instrumentation.${library}`, '0.55b1', `${schemas}1.11.0`)
}
