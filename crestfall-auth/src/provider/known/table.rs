//! What each provider is like.

use super::{Known, KnownIssuer, Source, UserInfo};
use crate::provider::ClientAuth;
use crate::provider::profile::{Profile, Verified};
use crate::provider::quirk;

const PROFILE: Profile = Profile {
    subject: "/id",
    email: "/email",
    verified: Verified::Never,
    name: &["/name"],
    picture: "/picture",
    nickname: "",
    user_name: "",
    custom: &[],
};

pub(super) const OPENID: Profile = Profile {
    subject: "/sub",
    verified: Verified::When(&["/email_verified"]),
    ..PROFILE
};

const OAUTH: Known = Known {
    name: "",
    hosts: ("", ""),
    own_api: "",
    endpoints: None,
    request_token: None,
    client_auth: ClientAuth::Post,
    scopes: &[],
    parameters: &[],
    pkce: true,
    nonce: false,
    native_nonce: true,
    issuer: None,
    source: Source::UserInfo,
    user_info: UserInfo::No,
    profile: PROFILE,
    quirk: None,
};

const OIDC: Known = Known {
    scopes: &["openid", "email", "profile"],
    nonce: true,
    source: Source::IdToken,
    profile: OPENID,
    ..OAUTH
};

const fn issued_by(url: &'static str) -> Option<KnownIssuer> {
    Some(KnownIssuer {
        url,
        also: &[],
        document: "",
    })
}

/// All of them.
pub(crate) const KNOWN: &[Known] = &[
    Known {
        name: "apple",
        scopes: &["email", "name"],
        parameters: &[("response_mode", "form_post")],
        pkce: false,
        issuer: Some(KnownIssuer {
            url: "https://appleid.apple.com",
            also: &["https://account.apple.com"],
            document: "",
        }),
        profile: Profile {
            custom: &["is_private_email", "auth_time", "transfer_sub"],
            ..OPENID
        },
        ..OIDC
    },
    Known {
        name: "azure",
        hosts: ("https://login.microsoftonline.com/common", ""),
        endpoints: Some(("{auth}/oauth2/v2.0/authorize", "{auth}/oauth2/v2.0/token")),
        scopes: &["openid"],
        issuer: Some(KnownIssuer {
            url: "",
            also: &[],
            document: "{auth}/v2.0/.well-known/openid-configuration",
        }),
        profile: Profile {
            // `email` may be anything a tenant's administrator likes; `upn` and
            // `preferred_username` are no addresses at all.
            verified: Verified::Domain("/xms_edov"),
            custom: &["tid", "oid", "preferred_username", "groups", "roles"],
            ..OPENID
        },
        ..OIDC
    },
    Known {
        name: "bitbucket",
        hosts: ("https://bitbucket.org", "https://api.bitbucket.org"),
        endpoints: Some((
            "{auth}/site/oauth2/authorize",
            "{auth}/site/oauth2/access_token",
        )),
        client_auth: ClientAuth::Basic,
        scopes: &["account", "email"],
        pkce: false,
        user_info: UserInfo::At("{api}/2.0/user"),
        profile: Profile {
            subject: "/uuid",
            email: "",
            name: &["/display_name"],
            picture: "/avatar/href",
            ..PROFILE
        },
        quirk: Some(quirk::Quirk::Emails {
            path: "/2.0/user/emails",
            list: "/values",
            address: "/email",
            verified: "/is_confirmed",
            primary: "/is_primary",
        }),
        ..OAUTH
    },
    Known {
        name: "discord",
        hosts: ("https://discord.com", "https://discord.com"),
        endpoints: Some(("{auth}/api/oauth2/authorize", "{auth}/api/oauth2/token")),
        scopes: &["email", "identify"],
        user_info: UserInfo::At("{api}/api/users/@me"),
        profile: Profile {
            verified: Verified::When(&["/verified"]),
            name: &["/username"],
            picture: "",
            custom: &["global_name"],
            ..PROFILE
        },
        quirk: Some(quirk::Quirk::Adjust(quirk::discord)),
        ..OAUTH
    },
    Known {
        name: "facebook",
        hosts: ("https://www.facebook.com", "https://graph.facebook.com"),
        endpoints: Some(("{auth}/dialog/oauth", "{api}/oauth/access_token")),
        scopes: &["email"],
        native_nonce: false,
        issuer: issued_by("https://www.facebook.com"),
        user_info: UserInfo::At("{api}/me?fields=email,first_name,last_name,name,picture"),
        profile: Profile {
            picture: "/picture/data/url",
            nickname: "/name",
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "figma",
        hosts: ("https://www.figma.com", "https://api.figma.com"),
        endpoints: Some(("{auth}/oauth", "{api}/v1/oauth/token")),
        client_auth: ClientAuth::Basic,
        scopes: &["current_user:read"],
        user_info: UserInfo::At("{api}/v1/me"),
        profile: Profile {
            name: &["/handle"],
            picture: "/img_url",
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "fly",
        hosts: ("https://api.fly.io", "https://api.fly.io"),
        endpoints: Some(("{auth}/oauth/authorize", "{auth}/oauth/token")),
        scopes: &["read"],
        user_info: UserInfo::At("{api}/oauth/token/info"),
        profile: Profile {
            subject: "/user_id",
            name: &["/user_name"],
            picture: "",
            custom: &[
                "resource_owner_id",
                "organizations",
                "application",
                "scope",
                "created_at",
            ],
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "github",
        hosts: ("https://github.com", "https://api.github.com"),
        own_api: "/api/v3",
        endpoints: Some((
            "{auth}/login/oauth/authorize",
            "{auth}/login/oauth/access_token",
        )),
        scopes: &["user:email"],
        user_info: UserInfo::At("{api}/user"),
        profile: Profile {
            email: "",
            picture: "/avatar_url",
            user_name: "/login",
            ..PROFILE
        },
        quirk: Some(quirk::Quirk::Emails {
            path: "/user/emails",
            list: "",
            address: "/email",
            verified: "/verified",
            primary: "/primary",
        }),
        ..OAUTH
    },
    Known {
        name: "gitlab",
        hosts: ("https://gitlab.com", "https://gitlab.com"),
        endpoints: Some(("{auth}/oauth/authorize", "{auth}/oauth/token")),
        scopes: &["read_user"],
        user_info: UserInfo::At("{api}/api/v4/user"),
        profile: Profile {
            verified: Verified::Dated("/confirmed_at"),
            picture: "/avatar_url",
            ..PROFILE
        },
        quirk: Some(quirk::Quirk::Emails {
            path: "/api/v4/user/emails",
            list: "",
            address: "/email",
            verified: "",
            primary: "",
        }),
        ..OAUTH
    },
    Known {
        name: "google",
        issuer: issued_by("https://accounts.google.com"),
        profile: Profile {
            custom: &["hd"],
            ..OPENID
        },
        ..OIDC
    },
    Known {
        name: "kakao",
        hosts: ("https://kauth.kakao.com", "https://kapi.kakao.com"),
        endpoints: Some(("{auth}/oauth/authorize", "{auth}/oauth/token")),
        scopes: &["account_email", "profile_image", "profile_nickname"],
        pkce: false,
        issuer: issued_by("https://kauth.kakao.com"),
        user_info: UserInfo::At("{api}/v2/user/me"),
        profile: Profile {
            email: "/kakao_account/email",
            verified: Verified::When(&[
                "/kakao_account/is_email_valid",
                "/kakao_account/is_email_verified",
            ]),
            name: &["/kakao_account/profile/nickname"],
            picture: "/kakao_account/profile/profile_image_url",
            user_name: "/kakao_account/profile/nickname",
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "keycloak",
        hosts: ("", ""),
        issuer: issued_by(""),
        profile: Profile {
            user_name: "/preferred_username",
            custom: &[
                "realm_access",
                "resource_access",
                "groups",
                "given_name",
                "family_name",
            ],
            ..OPENID
        },
        ..OIDC
    },
    Known {
        name: "linkedin",
        hosts: ("https://api.linkedin.com", "https://api.linkedin.com"),
        endpoints: Some((
            "{auth}/oauth/v2/authorization",
            "{auth}/oauth/v2/accessToken",
        )),
        scopes: &["r_emailaddress", "r_liteprofile"],
        pkce: false,
        user_info: UserInfo::At(
            "{api}/v2/me?projection=(id,firstName,lastName,profilePicture(displayImage~:playableStreams))",
        ),
        profile: Profile {
            email: "",
            name: &[],
            picture: "/profilePicture/displayImage~0/elements/0/identifiers/0/identifier",
            ..PROFILE
        },
        quirk: Some(quirk::Quirk::LinkedIn),
        ..OAUTH
    },
    Known {
        name: "linkedin_oidc",
        hosts: ("https://api.linkedin.com", "https://api.linkedin.com"),
        endpoints: Some((
            "{auth}/oauth/v2/authorization",
            "{auth}/oauth/v2/accessToken",
        )),
        pkce: false,
        nonce: false,
        issuer: issued_by("https://www.linkedin.com/oauth"),
        // Its ID token says `"email_verified": "true"`, a text; this endpoint a boolean.
        user_info: UserInfo::Published,
        profile: Profile {
            custom: &["given_name", "family_name", "locale"],
            ..OPENID
        },
        ..OIDC
    },
    Known {
        name: "notion",
        hosts: ("https://api.notion.com", "https://api.notion.com"),
        endpoints: Some(("{auth}/v1/oauth/authorize", "{auth}/v1/oauth/token")),
        client_auth: ClientAuth::Basic,
        parameters: &[("owner", "user")],
        pkce: false,
        user_info: UserInfo::At("{api}/v1/users/me"),
        profile: Profile {
            subject: "/bot/owner/user/id",
            email: "/bot/owner/user/person/email",
            name: &["/bot/owner/user/name"],
            picture: "/bot/owner/user/avatar_url",
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "slack",
        hosts: ("https://slack.com", "https://slack.com"),
        endpoints: Some(("{auth}/oauth/authorize", "{auth}/api/oauth.access")),
        scopes: &["profile", "email", "openid"],
        pkce: false,
        user_info: UserInfo::At("{api}/api/openid.connect.userInfo"),
        profile: SLACK,
        ..OAUTH
    },
    Known {
        name: "slack_oidc",
        hosts: ("https://slack.com", "https://slack.com"),
        endpoints: Some((
            "{auth}/openid/connect/authorize",
            "{auth}/api/openid.connect.token",
        )),
        scopes: &["profile", "email", "openid"],
        pkce: false,
        user_info: UserInfo::At("{api}/api/openid.connect.userInfo"),
        profile: SLACK,
        ..OAUTH
    },
    Known {
        name: "snapchat",
        hosts: ("https://accounts.snapchat.com", "https://kit.snapchat.com"),
        endpoints: Some((
            "{auth}/accounts/oauth2/auth",
            "{auth}/accounts/oauth2/token",
        )),
        scopes: &[
            "https://auth.snapchat.com/oauth2/api/user.external_id",
            "https://auth.snapchat.com/oauth2/api/user.display_name",
            "https://auth.snapchat.com/oauth2/api/user.bitmoji.avatar",
        ],
        issuer: issued_by("https://accounts.snapchat.com/accounts/oauth2/token"),
        user_info: UserInfo::At(
            "{api}/v1/me?query=%7Bme%20%7B%20externalId%20displayName%20bitmoji%20%7B%20avatar%20id%20%7D%20email%20%7D%20%7D",
        ),
        profile: Profile {
            subject: "/data/me/externalId",
            email: "/data/me/email",
            name: &["/data/me/displayName"],
            picture: "/data/me/bitmoji/avatar",
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "spotify",
        hosts: ("https://accounts.spotify.com", "https://api.spotify.com/v1"),
        endpoints: Some(("{auth}/authorize", "{auth}/api/token")),
        client_auth: ClientAuth::Basic,
        scopes: &["user-read-email"],
        user_info: UserInfo::At("{api}/me"),
        profile: Profile {
            name: &["/display_name"],
            picture: "",
            ..PROFILE
        },
        quirk: Some(quirk::Quirk::Adjust(quirk::spotify)),
        ..OAUTH
    },
    Known {
        name: "twitch",
        hosts: ("https://id.twitch.tv", "https://api.twitch.tv"),
        endpoints: Some(("{auth}/oauth2/authorize", "{auth}/oauth2/token")),
        scopes: &["user:read:email"],
        pkce: false,
        user_info: UserInfo::At("{api}/helix/users"),
        profile: Profile {
            subject: "/data/0/id",
            email: "/data/0/email",
            // Helix, Get Users: "The user's verified email address."
            verified: Verified::Always,
            name: &["/data/0/login"],
            picture: "/data/0/profile_image_url",
            nickname: "/data/0/display_name",
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "twitter",
        hosts: ("https://api.twitter.com", "https://api.twitter.com"),
        endpoints: Some(("{auth}/oauth/authenticate", "{auth}/oauth/access_token")),
        request_token: Some("{auth}/oauth/request_token"),
        pkce: false,
        user_info: UserInfo::At(
            "{api}/1.1/account/verify_credentials.json?include_email=true&include_entities=false&skip_status=true",
        ),
        profile: Profile {
            subject: "/id_str",
            // "If the user does not have an email address on their account, or if the email address is
            // not verified, null will be returned" (its documentation).
            verified: Verified::Always,
            picture: "/profile_image_url_https",
            user_name: "/screen_name",
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "vercel_marketplace",
        hosts: ("https://api.vercel.com", "https://api.vercel.com"),
        endpoints: Some((
            "{auth}/oauth/v2/authorization",
            "{auth}/oauth/v2/accessToken",
        )),
        scopes: &[],
        pkce: false,
        nonce: false,
        issuer: issued_by("https://marketplace.vercel.com"),
        profile: Profile {
            email: "/user_email",
            name: &["/user_name"],
            picture: "/user_avatar_url",
            ..OPENID
        },
        quirk: Some(quirk::Quirk::Adjust(quirk::vercel)),
        ..OIDC
    },
    Known {
        name: "workos",
        hosts: ("https://api.workos.com", "https://api.workos.com"),
        endpoints: Some(("{auth}/sso/authorize", "{auth}/sso/token")),
        source: Source::Answer("/profile"),
        profile: Profile {
            name: &["/first_name", "/last_name"],
            picture: "",
            custom: &["connection_id", "organization_id"],
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "x",
        hosts: ("https://x.com", "https://api.x.com"),
        endpoints: Some(("{auth}/i/oauth2/authorize", "{api}/2/oauth2/token")),
        client_auth: ClientAuth::Basic,
        scopes: &["users.email", "tweet.read", "users.read", "offline.access"],
        user_info: UserInfo::At(
            "{api}/2/users/me?user.fields=id,name,username,confirmed_email,profile_image_url,url,created_at",
        ),
        profile: Profile {
            subject: "/data/id",
            email: "/data/confirmed_email",
            // What the name of the field says.
            verified: Verified::Always,
            name: &["/data/name"],
            picture: "/data/profile_image_url",
            user_name: "/data/username",
            ..PROFILE
        },
        ..OAUTH
    },
    Known {
        name: "zoom",
        hosts: ("https://zoom.us", "https://api.zoom.us"),
        endpoints: Some(("{auth}/oauth/authorize", "{auth}/oauth/token")),
        client_auth: ClientAuth::Basic,
        user_info: UserInfo::At("{api}/v2/users/me"),
        profile: Profile {
            verified: Verified::One("/verified"),
            name: &["/first_name", "/last_name"],
            picture: "/pic_url",
            ..PROFILE
        },
        ..OAUTH
    },
];

const SLACK: Profile = Profile {
    subject: "/https:~1~1slack.com~1user_id",
    verified: Verified::When(&["/email_verified"]),
    custom: &["https://slack.com/team_id"],
    ..PROFILE
};
