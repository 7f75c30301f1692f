//! `/cluster/notifications`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/cluster/notifications" () {}
    GetEndpoints: GET "/cluster/notifications/endpoints" () {}
    GetEndpointsGotify: GET "/cluster/notifications/endpoints/gotify" () {}
    PostEndpointsGotify: POST "/cluster/notifications/endpoints/gotify" (; name: text, server: text, token: text) {
        comment: text, disable: bool,
    }
    GetEndpointsGotifyName: GET "/cluster/notifications/endpoints/gotify/{name}" (name) {}
    PutEndpointsGotifyName: PUT "/cluster/notifications/endpoints/gotify/{name}" (name) {
        comment: text, delete: array, digest: text, disable: bool, server: text, token: text,
    }
    DeleteEndpointsGotifyName: DELETE "/cluster/notifications/endpoints/gotify/{name}" (name) {}
    GetEndpointsSendmail: GET "/cluster/notifications/endpoints/sendmail" () {}
    PostEndpointsSendmail: POST "/cluster/notifications/endpoints/sendmail" (; name: text) {
        author: text, comment: text, disable: bool, from_address["from-address"]: text, mailto: array,
        mailto_user["mailto-user"]: array,
    }
    GetEndpointsSendmailName: GET "/cluster/notifications/endpoints/sendmail/{name}" (name) {}
    PutEndpointsSendmailName: PUT "/cluster/notifications/endpoints/sendmail/{name}" (name) {
        author: text, comment: text, delete: array, digest: text, disable: bool, from_address["from-address"]: text,
        mailto: array, mailto_user["mailto-user"]: array,
    }
    DeleteEndpointsSendmailName: DELETE "/cluster/notifications/endpoints/sendmail/{name}" (name) {}
    GetEndpointsSmtp: GET "/cluster/notifications/endpoints/smtp" () {}
    PostEndpointsSmtp: POST "/cluster/notifications/endpoints/smtp" (; from_address["from-address"]: text, name: text, server: text) {
        author: text, comment: text, disable: bool, mailto: array, mailto_user["mailto-user"]: array,
        mode: one_of("insecure" "starttls" "tls"), password: text, port: int, username: text,
    }
    GetEndpointsSmtpName: GET "/cluster/notifications/endpoints/smtp/{name}" (name) {}
    PutEndpointsSmtpName: PUT "/cluster/notifications/endpoints/smtp/{name}" (name) {
        author: text, comment: text, delete: array, digest: text, disable: bool, from_address["from-address"]: text,
        mailto: array, mailto_user["mailto-user"]: array, mode: one_of("insecure" "starttls" "tls"), password: text,
        port: int, server: text, username: text,
    }
    DeleteEndpointsSmtpName: DELETE "/cluster/notifications/endpoints/smtp/{name}" (name) {}
    GetEndpointsWebhook: GET "/cluster/notifications/endpoints/webhook" () {}
    PostEndpointsWebhook: POST "/cluster/notifications/endpoints/webhook" (; method: one_of("post" "put" "get"), name: text, url: text) {
        body: text, comment: text, disable: bool, header: array, secret: array,
    }
    GetEndpointsWebhookName: GET "/cluster/notifications/endpoints/webhook/{name}" (name) {}
    PutEndpointsWebhookName: PUT "/cluster/notifications/endpoints/webhook/{name}" (name) {
        body: text, comment: text, delete: array, digest: text, disable: bool, header: array,
        method: one_of("post" "put" "get"), secret: array, url: text,
    }
    DeleteEndpointsWebhookName: DELETE "/cluster/notifications/endpoints/webhook/{name}" (name) {}
    GetMatcherFieldValues: GET "/cluster/notifications/matcher-field-values" () {}
    GetMatcherFields: GET "/cluster/notifications/matcher-fields" () {}
    GetMatchers: GET "/cluster/notifications/matchers" () {}
    PostMatchers: POST "/cluster/notifications/matchers" (; name: text) {
        comment: text, disable: bool, invert_match["invert-match"]: bool, match_calendar["match-calendar"]: array,
        match_field["match-field"]: array, match_severity["match-severity"]: array, mode: one_of("all" "any"),
        target: array,
    }
    GetMatchersName: GET "/cluster/notifications/matchers/{name}" (name) {}
    PutMatchersName: PUT "/cluster/notifications/matchers/{name}" (name) {
        comment: text, delete: array, digest: text, disable: bool, invert_match["invert-match"]: bool,
        match_calendar["match-calendar"]: array, match_field["match-field"]: array,
        match_severity["match-severity"]: array, mode: one_of("all" "any"), target: array,
    }
    DeleteMatchersName: DELETE "/cluster/notifications/matchers/{name}" (name) {}
    GetTargets: GET "/cluster/notifications/targets" () {}
    PostTargetsNameTest: POST "/cluster/notifications/targets/{name}/test" (name) {}
}
