use crestfall_client::Client;
use crestfall_client::rbac::*;
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let a: Vec<String> = std::env::args().collect();
    let service = Client::new(&a[1], &a[2])?;
    let user = Client::new(&a[1], &a[3])?;
    let email = format!("u{}@example.org", std::process::id());
    let session = user
        .auth()
        .sign_up(&email, "correct horse battery")
        .send()
        .await?
        .session
        .ok_or("no session")?;
    println!("me {:?}", user.rbac().me(None).await?);
    println!("check {}", user.rbac().check("invoice:write").await?);
    let role = service
        .rbac()
        .create_role(
            &NewRole::new(format!("clerk{}", std::process::id()))
                .permission("invoice:write")
                .description("x"),
        )
        .await;
    println!("role {role:?}");
    if let Ok(role) = role {
        let assigned = service
            .rbac()
            .assign(&Assign::new(&session.user.id, &role.name))
            .await;
        println!("assigned {assigned:?}");
        println!("check {}", user.rbac().check("invoice:write").await?);
        println!(
            "explain {}",
            user.rbac().explain(&"invoice:write".into(), None).await?
        );
        println!(
            "list {:?}",
            service.rbac().assignments(&Assignments::default()).await?
        );
        println!(
            "roles {:?}",
            service.rbac().roles(None, None).await?.items.len()
        );
        service.rbac().give(&role.id, "invoice:read").await?;
        println!(
            "checks {:?}",
            service
                .rbac()
                .check_all(
                    &[Check::new("invoice:read"), Check::new("x:y")],
                    Some(&session.user.id)
                )
                .await?
        );
        service.rbac().take(&role.id, "invoice:read").await?;
    }
    let organisation = user.rbac().create_organisation("Acme", None).await?;
    println!("org {organisation:?}");
    println!(
        "members {:?}",
        user.rbac().members(&organisation.id, None).await?
    );
    let invitation = user
        .rbac()
        .invite(&organisation.id, &NewInvitation::new())
        .await?;
    println!("invitation {invitation:?}");
    let other = Client::new(&a[1], &a[3])?;
    other
        .auth()
        .sign_up(format!("o{email}"), "correct horse battery")
        .send()
        .await?;
    println!("joined {}", other.rbac().accept(&invitation.token).await?);
    user.rbac().activate(Some(&organisation.id)).await?;
    println!(
        "orgs {:?}",
        user.rbac().organisations(None).await?.items.len()
    );
    println!("me {:?}", user.rbac().me(Some(&organisation.id)).await?);
    let anonymous = Client::new(&a[1], &a[3])?;
    println!(
        "anonymous {:?}",
        anonymous.rbac().check("a:b").await.unwrap_err()
    );
    Ok(())
}
