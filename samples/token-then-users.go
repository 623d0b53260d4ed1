// Asks for an access token with an application's credentials, then lists the users with it.
// On Linux SSL_CERT_FILE names the CA file of a server whose certificate comes from a CA of its own.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
)

func main() {
	log.SetFlags(0)

	base := setting("KINDRED_URL")
	audience := os.Getenv("KINDRED_AUDIENCE")
	if audience == "" {
		audience = base + "/api"
	}
	form := url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {setting("KINDRED_CLIENT_ID")},
		"client_secret": {setting("KINDRED_CLIENT_SECRET")},
		"audience":      {audience},
	}

	request, err := http.NewRequest(http.MethodPost, base+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body, err := call(request)
	if err != nil {
		log.Fatal(err)
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &token); err != nil {
		log.Fatal(err)
	}

	request, err = http.NewRequest(http.MethodGet, base+"/api/v1/users", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token.AccessToken)
	users, err := call(request)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(users))
}

// call returns the body of a good reply. Any other becomes an error that says what the server complained of.
func call(request *http.Request) ([]byte, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()

	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, fmt.Errorf("%s %s: %d %s", request.Method, request.URL, response.StatusCode, complaint(body))
	}
	return body, nil
}

// complaint reads {error, error_description} of the token endpoint, or {errors: [{code, message}]} of the API.
func complaint(body []byte) string {
	var reply struct {
		Error       string
		Description string `json:"error_description"`
		Errors      []struct{ Code, Message string }
	}
	err := json.Unmarshal(body, &reply)
	switch {
	case err == nil && reply.Error != "":
		return reply.Error + ": " + reply.Description
	case err == nil && len(reply.Errors) > 0:
		return reply.Errors[0].Code + ": " + reply.Errors[0].Message
	default:
		return string(body) // neither of the two: a proxy's page, for example
	}
}

func setting(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}
