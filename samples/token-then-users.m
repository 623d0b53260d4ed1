// Asks for an access token with an application's credentials, then lists the users with it.
//
//   macOS:    clang -fobjc-arc -framework Foundation token-then-users.m -o token-then-users
//   GNUstep:  clang $(gnustep-config --objc-flags) token-then-users.m $(gnustep-config --base-libs) -o token-then-users
//
// A GNUstep built with GCC's runtime, such as Debian's, also needs -I$(gcc -print-file-name=include).
// A server whose certificate comes from a CA of its own is trusted once that CA is in the system's store (macOS),
// or when GS_TLS_CA_FILE names the CA file (GNUstep).

#import <Foundation/Foundation.h>

__attribute__((noreturn)) static void fail(NSString *reason) {
    fprintf(stderr, "%s\n", reason.UTF8String);
    exit(1);
}

static NSString *setting(NSString *name) {
    NSString *value = [NSProcessInfo.processInfo.environment objectForKey:name];
    if (value.length == 0) {
        fail([name stringByAppendingString:@" is not set"]);
    }
    return value;
}

static NSMutableURLRequest *requestTo(NSString *method, NSString *address) {
    NSMutableURLRequest *request = [NSMutableURLRequest requestWithURL:[NSURL URLWithString:address]];
    request.HTTPMethod = method;
    return request;
}

/// Percent-encodes everything that a form gives a meaning, `+` and `&` among it.
static NSData *formEncoded(NSDictionary *fields) {
    NSCharacterSet *unreserved = [NSCharacterSet characterSetWithCharactersInString:
        @"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"];
    NSMutableArray *pairs = [NSMutableArray array];
    for (NSString *name in fields) {
        NSString *value = [[fields objectForKey:name] stringByAddingPercentEncodingWithAllowedCharacters:unreserved];
        [pairs addObject:[NSString stringWithFormat:@"%@=%@", name, value]];
    }
    return [[pairs componentsJoinedByString:@"&"] dataUsingEncoding:NSUTF8StringEncoding];
}

/// The token endpoint answers {error, error_description}, the API {errors: [{code, message}]}.
static NSString *complaint(NSData *body) {
    NSDictionary *reply = [NSJSONSerialization JSONObjectWithData:body options:0 error:NULL];
    if ([reply isKindOfClass:[NSDictionary class]]) {
        NSString *error = [reply objectForKey:@"error"];
        if (error != nil) {
            return [NSString stringWithFormat:@"%@: %@", error, [reply objectForKey:@"error_description"]];
        }
        NSArray *errors = [reply objectForKey:@"errors"];
        if ([errors isKindOfClass:[NSArray class]] && errors.count > 0) {
            NSDictionary *first = errors.firstObject;
            return [NSString stringWithFormat:@"%@: %@", [first objectForKey:@"code"], [first objectForKey:@"message"]];
        }
    }
    // Neither of the two: a proxy's page, for example.
    return [[NSString alloc] initWithData:body encoding:NSUTF8StringEncoding];
}

/// Waits for the reply and returns its body; nil, with the reason, when there was no reply.
static NSData *load(NSURLRequest *request, NSHTTPURLResponse **response, NSError **error) {
#ifdef GNUSTEP
    // Many builds of GNUstep come without NSURLSession, and a connection checks no certificate unless told to.
    [NSUserDefaults.standardUserDefaults registerDefaults:@{@"GSTLSVerifyServer": @"YES"}];
    return [NSURLConnection sendSynchronousRequest:request returningResponse:(NSURLResponse **)response error:error];
#else
    __block NSData *body;
    __block NSURLResponse *head;
    __block NSError *failure;
    dispatch_semaphore_t answered = dispatch_semaphore_create(0);
    [[NSURLSession.sharedSession dataTaskWithRequest:request
                                   completionHandler:^(NSData *data, NSURLResponse *reply, NSError *problem) {
        body = data;
        head = reply;
        failure = problem;
        dispatch_semaphore_signal(answered);
    }] resume];
    dispatch_semaphore_wait(answered, DISPATCH_TIME_FOREVER);
    *response = (NSHTTPURLResponse *)head;
    *error = failure;
    return body;
#endif
}

/// Returns the body of a good reply; ends the program after any other.
static NSData *call(NSURLRequest *request) {
    NSHTTPURLResponse *response = nil;
    NSError *error = nil;
    NSData *body = load(request, &response, &error);
    NSString *what = [NSString stringWithFormat:@"%@ %@", request.HTTPMethod, request.URL.absoluteString];
    if (response == nil) {
        fail([NSString stringWithFormat:@"%@: %@", what, error.localizedDescription]);
    }
    if (response.statusCode < 200 || response.statusCode > 299) {
        fail([NSString stringWithFormat:@"%@: %ld %@", what, (long)response.statusCode, complaint(body)]);
    }
    return body;
}

int main(void) {
    @autoreleasepool {
        NSString *url = setting(@"KINDRED_URL");
        NSString *audience = [NSProcessInfo.processInfo.environment objectForKey:@"KINDRED_AUDIENCE"];

        NSMutableURLRequest *tokenRequest = requestTo(@"POST", [url stringByAppendingString:@"/oauth2/token"]);
        [tokenRequest setValue:@"application/x-www-form-urlencoded" forHTTPHeaderField:@"Content-Type"];
        tokenRequest.HTTPBody = formEncoded(@{
            @"grant_type": @"client_credentials",
            @"client_id": setting(@"KINDRED_CLIENT_ID"),
            @"client_secret": setting(@"KINDRED_CLIENT_SECRET"),
            @"audience": audience.length > 0 ? audience : [url stringByAppendingString:@"/api"],
        });
        NSDictionary *token = [NSJSONSerialization JSONObjectWithData:call(tokenRequest) options:0 error:NULL];

        NSMutableURLRequest *usersRequest = requestTo(@"GET", [url stringByAppendingString:@"/api/v1/users"]);
        [usersRequest setValue:[NSString stringWithFormat:@"Bearer %@", [token objectForKey:@"access_token"]]
            forHTTPHeaderField:@"Authorization"];
        NSData *users = call(usersRequest);
        printf("%.*s\n", (int)users.length, (const char *)users.bytes);
    }
    return 0;
}
