# Asks for an access token with an application's credentials, then lists the users with it.
# SSL_CERT_FILE names the CA file of a server whose certificate comes from a CA of its own.

require 'json'
require 'net/http'

def setting(name, default = nil)
  value = ENV.fetch(name, '')
  return value unless value.empty?

  default || abort("#{name} is not set")
end

# The token endpoint answers {error, error_description}, the API {errors: [{code, message}]}.
def complaint(body)
  case JSON.parse(body, symbolize_names: true)
  in { error:, error_description: } then "#{error}: #{error_description}"
  in { errors: [{ code:, message: }, *] } then "#{code}: #{message}"
  end
rescue JSON::ParserError, NoMatchingPatternError
  body # neither of the two: a proxy's page, for example
end

# Sends the request and returns the body of a good reply; ends the program after any other.
def call(request)
  uri = request.uri
  response = Net::HTTP.start(uri.hostname, uri.port, use_ssl: uri.scheme == 'https') { |http| http.request(request) }
  return response.body if response.is_a?(Net::HTTPSuccess)

  abort "#{request.method} #{uri}: #{response.code} #{complaint(response.body)}"
rescue SystemCallError, SocketError, OpenSSL::SSL::SSLError, Timeout::Error => e
  abort "#{request.method} #{uri}: #{e.message}"
end

url = setting('KINDRED_URL')

token_request = Net::HTTP::Post.new(URI("#{url}/oauth2/token"))
token_request.set_form_data(
  grant_type: 'client_credentials',
  client_id: setting('KINDRED_CLIENT_ID'),
  client_secret: setting('KINDRED_CLIENT_SECRET'),
  audience: setting('KINDRED_AUDIENCE', "#{url}/api")
)
access_token = JSON.parse(call(token_request)).fetch('access_token')

users_request = Net::HTTP::Get.new(URI("#{url}/api/v1/users"), 'Authorization' => "Bearer #{access_token}")
puts call(users_request)
