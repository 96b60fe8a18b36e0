import { Ajv2020 } from 'ajv/dist/2020.js'

/**
 * A check against a JSON Schema (2020-12; what older drafts share with it is read the same): undefined when a value fits, else what is
 * wrong, in words. Compiles at once; throws on a schema that is none. Only for schemas of this program's own author.
 */
export function objectCheck(schema: object): (value: unknown) => string | undefined {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false })
  const validate = ajv.compile(schema)
  return (value) => (validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'input' }))
}
