// Asks for an access token with an application's credentials, then lists the users with it.
//
//   java -cp "lib/*" TokenThenUsers.java
//
// lib/ holds Unirest 4: the jars com.konghq:unirest-java-core, com.konghq:unirest-modules-gson and
// com.google.code.gson:gson. -Djavax.net.ssl.trustStore=FILE names a trust store with the CA of a server
// whose certificate comes from a CA of its own.

import kong.unirest.core.HttpRequest;
import kong.unirest.core.HttpResponse;
import kong.unirest.core.Unirest;
import kong.unirest.core.UnirestException;
import kong.unirest.core.json.JSONException;
import kong.unirest.core.json.JSONObject;

public class TokenThenUsers {
    public static void main(String[] args) {
        try {
            String url = setting("KINDRED_URL");
            String token = call(Unirest.post(url + "/oauth2/token")
                    .field("grant_type", "client_credentials")
                    .field("client_id", setting("KINDRED_CLIENT_ID"))
                    .field("client_secret", setting("KINDRED_CLIENT_SECRET"))
                    .field("audience", setting("KINDRED_AUDIENCE", url + "/api")));
            String accessToken = new JSONObject(token).getString("access_token");

            System.out.println(call(Unirest.get(url + "/api/v1/users")
                    .header("Authorization", "Bearer " + accessToken)));
        } catch (IllegalStateException failure) {
            System.err.println(failure.getMessage());
            System.exit(1);
        }
    }

    /** Returns the body of a good reply; throws what the server complained of in any other. */
    private static String call(HttpRequest<?> request) {
        String what = request.getHttpMethod() + " " + request.getUrl() + ": ";
        HttpResponse<String> response;
        try {
            response = request.asString();
        } catch (UnirestException failure) {
            throw new IllegalStateException(what + failure.getMessage(), failure);
        }
        if (!response.isSuccess()) {
            throw new IllegalStateException(what + response.getStatus() + " " + complaint(response.getBody()));
        }
        return response.getBody();
    }

    /** The token endpoint answers {error, error_description}, the API {errors: [{code, message}]}. */
    private static String complaint(String body) {
        try {
            JSONObject reply = new JSONObject(body);
            if (reply.has("error")) {
                return reply.getString("error") + ": " + reply.getString("error_description");
            }
            JSONObject first = reply.getJSONArray("errors").getJSONObject(0);
            return first.getString("code") + ": " + first.getString("message");
        } catch (JSONException neither) {
            return body; // a proxy's page, for example
        }
    }

    private static String setting(String name) {
        String value = setting(name, "");
        if (value.isEmpty()) {
            throw new IllegalStateException(name + " is not set");
        }
        return value;
    }

    private static String setting(String name, String fallback) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? fallback : value;
    }
}
