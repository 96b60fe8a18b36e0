export { Facilitator, type FacilitatorOptions, facilitatorSchema } from './facilitator.ts'
export { FacilitatorServer, type FacilitatorServerOptions } from './facilitator-server.ts'
