declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  interface UiRequest {
    url: string
    headers: Record<string, string>
  }
  export default function SwaggerUIBundle(options: {
    domNode: HTMLElement
    spec: object
    deepLinking: boolean
    docExpansion: 'none' | 'list' | 'full'
    filter: boolean
    displayRequestDuration: boolean
    defaultModelsExpandDepth: number
    persistAuthorization: boolean
    validatorUrl: null
    requestInterceptor: (request: UiRequest) => Promise<UiRequest>
    onComplete: () => void
  }): unknown
}
