//! What follows from the settings, and is replaced with them as a whole: a request sees all of the
//! former settings or all of the new ones.

use std::collections::HashMap;
use std::sync::Arc;

use crestfall_core::egress::{Egress, EgressError};
use crestfall_core::rate_limit::{RateLimitLayer, RateLimiter};

use url::Url;

use crate::auth::{StartError, setting};
use crate::authenticator::session_cookie::CookieRules;
use crate::config::Config;
use crate::forward_auth::ForwardAuth;
use crate::hook::{self, Hook, HookPoint};
use crate::mail::{Delivery, Discard, Mails, Smtp};
use crate::mail_domain::MailServers;
use crate::password::{BreachCheck, HaveIBeenPwned, Policy};
use crate::provider::unknown_provider;
use crate::rate_limit;
use crate::redirect::Redirects;
use crate::relying_party::RelyingParties;
use crate::sms::{SmsSender, SmsService, SmsText};

/// Settings, and what was made of them.
pub(crate) struct Settled {
    pub(crate) config: Config,
    pub(crate) cookies: CookieRules,
    pub(crate) forward_auth: ForwardAuth,
    pub(crate) password_policy: Policy,
    pub(crate) breaches: Option<Box<dyn BreachCheck>>,
    pub(crate) redirects: Redirects,
    pub(crate) limits: RateLimitLayer,
    pub(crate) egress: Egress,
    pub(crate) hooks: hook::Registry,
    pub(crate) mails: Mails,
    pub(crate) delivery: Delivery,
    pub(crate) sms: Option<Arc<dyn SmsSender>>,
    pub(crate) sms_text: SmsText,
    pub(crate) factor_sms_text: SmsText,
    pub(crate) relying_parties: RelyingParties,
    pub(crate) mail_servers: MailServers,
}

/// What an embedder brought in place of what settings name.
pub(crate) struct Own {
    pub(crate) delivery: Option<Delivery>,
    pub(crate) sms: Option<Arc<dyn SmsSender>>,
    pub(crate) hooks: HashMap<HookPoint, Arc<dyn Hook>>,
}

impl Settled {
    /// # Errors
    /// A setting that makes no sense.
    pub(crate) fn new(
        config: Config,
        own: &Own,
        limiter: &RateLimiter,
    ) -> Result<Self, StartError> {
        if let Some(error) = unknown_provider(&config) {
            return Err(setting("providers names one that there is not")(error));
        }
        let validation = &config.email.validation;
        let given: usize = validation.service_headers.values().map(Vec::len).sum();
        if validation.headers().count() != given {
            let message = "email.validation.service_headers has one that is none";
            return Err(StartError::Setting(message, None));
        }
        if let Err(message) = config.scim.check() {
            return Err(StartError::Setting(message, None));
        }
        if config.captcha.enabled && config.captcha.secret.is_empty() {
            return Err(StartError::Setting("captcha.secret is empty", None));
        }
        let mails = Mails::new(config.mail.clone(), &config.site_url, &config.external_url)
            .map_err(setting("the settings of mail cannot be used"))?;
        let egress = egress(&config, &mails).map_err(setting("egress cannot be used"))?;
        Ok(Self {
            cookies: CookieRules::new(&config)
                .map_err(setting("the settings of cookies cannot be used"))?,
            forward_auth: ForwardAuth::new(&config)
                .map_err(setting("forward_auth cannot be used"))?,
            password_policy: config.password.policy(),
            breaches: breaches(&config)?,
            redirects: Redirects::new(&config.site_url, &config.redirect_urls)
                .map_err(setting("site_url or redirect_urls cannot be used"))?,
            limits: rate_limit::layer(&config.rate_limits, limiter),
            hooks: hook::Registry::new(&config, &egress, own.hooks.clone())
                .map_err(setting("the settings of hooks cannot be used"))?,
            egress,
            delivery: delivery(&config, own)?,
            mails,
            sms: sms(&config, own)?,
            sms_text: SmsText::new(&config.sms.template)
                .map_err(setting("sms.template cannot be used"))?,
            factor_sms_text: SmsText::new(&config.mfa.phone.template)
                .map_err(setting("mfa.phone.template cannot be used"))?,
            relying_parties: RelyingParties::new(&config)
                .map_err(setting("the settings of webauthn cannot be used"))?,
            mail_servers: MailServers::new(validation)
                .map_err(setting("email.validation.nameservers cannot be used"))?,
            config,
        })
    }
}

fn breaches(config: &Config) -> Result<Option<Box<dyn BreachCheck>>, StartError> {
    if !config.password.breach_check {
        return Ok(None);
    }
    let check = HaveIBeenPwned::new(&config.password.breaches())
        .map_err(setting("password.breach_url cannot be used"))?;
    Ok(Some(Box::new(check)))
}

fn delivery(config: &Config, own: &Own) -> Result<Delivery, StartError> {
    Ok(match &own.delivery {
        Some(delivery) => delivery.clone(),
        None if config.mail.smtp.is_set() => {
            Delivery::new(Smtp::new(&config.mail).map_err(setting("mail.smtp cannot be used"))?)
        }
        None => Delivery::new(Discard),
    })
}

fn sms(config: &Config, own: &Own) -> Result<Option<Arc<dyn SmsSender>>, StartError> {
    if let Some(sms) = &own.sms {
        return Ok(Some(Arc::clone(sms)));
    }
    let service =
        SmsService::new(&config.sms).map_err(setting("the settings of sms cannot be used"))?;
    Ok(service.map(|service| Arc::new(service) as Arc<dyn SmsSender>))
}

/// A client for addresses outside, and for those that the settings name.
fn egress(config: &Config, mails: &Mails) -> Result<Egress, EgressError> {
    let mut settings = config.egress.clone();
    settings.allow.extend(hook::places(config));
    settings
        .allow
        .extend(mails.template_urls().map(hook::place));
    let service = Url::parse(&config.email.validation.service_url);
    settings.allow.extend(service.iter().map(hook::place));
    Egress::new(settings)
}
