"""Settings: where they come from, and what is refused."""

from pathlib import Path

import pytest

from server.settings.sources import Settings, SettingsError, describe_settings, load_settings


def refusal(environment: dict[str, str], directory: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(environment, directory=directory)
    return str(caught.value)


def test_defaults_serve_on_loopback_with_auth_and_a_sqlite_file(tmp_path: Path) -> None:
    settings = load_settings({}, directory=tmp_path)
    assert (settings.host, settings.port, settings.auth) == ("127.0.0.1", 8000, "on")
    assert settings.database.startswith("sqlite+aiosqlite:///")
    assert settings.database.endswith("agenticrag.db")


def test_the_environment_wins_over_the_file_and_options_win_over_both(tmp_path: Path) -> None:
    (tmp_path / "agenticrag.toml").write_text(
        'port = 1000\nlog_level = "debug"\ncors_origins = ["https://a"]\n'
    )
    settings = load_settings({"AGENTICRAG_PORT": "2000"}, directory=tmp_path)
    assert (settings.port, settings.log_level, settings.cors_origins) == (2000, "debug", ["https://a"])
    assert load_settings({"AGENTICRAG_PORT": "2000"}, directory=tmp_path, port=3000).port == 3000


def test_the_file_may_have_another_name(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("auth = false\n")
    settings = load_settings({"AGENTICRAG_CONFIG": "other.toml"}, directory=tmp_path)
    assert settings.auth == "off"
    assert "cannot be read" in refusal({"AGENTICRAG_CONFIG": "missing.toml"}, tmp_path)


def test_unknown_names_are_refused_with_what_was_probably_meant(tmp_path: Path) -> None:
    assert "Did you mean AGENTICRAG_PORT" in refusal({"AGENTICRAG_PROT": "1"}, tmp_path)
    (tmp_path / "agenticrag.toml").write_text("heartbeat_second = 3\n")
    assert "Did you mean heartbeat_seconds" in refusal({}, tmp_path)


def test_a_variable_that_clients_read_is_no_mistake(tmp_path: Path) -> None:
    assert load_settings({"AGENTICRAG_API_KEY": "ar_x", "PATH": "/bin"}, directory=tmp_path) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AGENTICRAG_PORT", "eighty", "a whole number from 0 to 65535"),
        ("AGENTICRAG_PORT", "65536", "a whole number from 0 to 65535"),
        ("AGENTICRAG_AUTH", "maybe", "`on` or `off`"),
        ("AGENTICRAG_HEARTBEAT_SECONDS", "0", "a number from 0.05 to 60"),
        ("AGENTICRAG_CORS_ORIGINS", "*", "not '*'"),
        ("AGENTICRAG_CORS_ORIGINS", "https://*.a.example", "not 'https://*.a.example'"),
        ("AGENTICRAG_CORS_ORIGINS", "null", "not 'null'"),
        ("AGENTICRAG_CORS_ORIGINS", "a.example", "Write 'https://a.example'"),
        ("AGENTICRAG_CORS_ORIGINS", "localhost:3000", "Write 'http://localhost:3000'"),
        ("AGENTICRAG_CORS_ORIGINS", "https://A.example/x/", "Write 'https://a.example'"),
        ("AGENTICRAG_CORS_ORIGINS", "https://a.example:443", "Write 'https://a.example'"),
        ("AGENTICRAG_CORS_ORIGINS", "https://bücher.example", "Write 'https://xn--bcher-kva.example'"),
        ("AGENTICRAG_CORS_ORIGINS", "https://a.example;https://b.example", "with commas between"),
        ("AGENTICRAG_CORS_ORIGINS", "https://a.example:99999", "with commas between"),
        ("AGENTICRAG_SECRET_KEY", "short", "at least 32 characters"),
        ("AGENTICRAG_DATABASE_URL", "mysql://x", "must start with"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    message = refusal({name: value}, tmp_path)
    assert name in message
    assert said in message


def test_origins_that_browsers_send_are_taken(tmp_path: Path) -> None:
    sent = [
        "https://a.example",
        "http://localhost:3000",
        "http://[::1]:5173",
        "https://a.example:80",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    ]
    read = load_settings({"AGENTICRAG_CORS_ORIGINS": ",".join(sent)}, directory=tmp_path)
    assert read.cors_origins == sent


@pytest.mark.threat("A-01")
def test_auth_off_is_for_loopback_only(tmp_path: Path) -> None:
    assert "loopback only" in refusal({"AGENTICRAG_AUTH": "off", "AGENTICRAG_HOST": "0.0.0.0"}, tmp_path)
    for host in ("127.0.0.1", "localhost", "::1", "127.8.9.1"):
        assert load_settings({"AGENTICRAG_AUTH": "off", "AGENTICRAG_HOST": host}, directory=tmp_path).loopback


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    environment = {
        "OPENAI_API_KEY": "sk-canary",
        "AGENTICRAG_SECRET_KEY": "canary" * 8,
        "AGENTICRAG_DATABASE_URL": "postgresql+asyncpg://user:canary@host/db",
    }
    settings = load_settings(environment, directory=tmp_path)
    assert "canary" not in repr(settings)
    assert "canary" not in str(list(settings.__rich_repr__()))
    assert settings.openai_api_key == "sk-canary"


def test_every_setting_is_described() -> None:
    described = describe_settings()
    assert [setting.name for setting in described] == list(Settings.__struct_fields__)
    assert all(
        setting.description.endswith(".") or setting.description.endswith("`.") for setting in described
    )
    assert {s.name: s.variable for s in described}["ollama_base_url"] == "OLLAMA_BASE_URL"


def test_settings_reach_the_models() -> None:
    models = Settings(openai_base_url="http://127.0.0.1:1/v1", model_idle_seconds=3).models()
    assert models.openai_base_url == "http://127.0.0.1:1/v1"
    assert models.ollama_base_url == "http://127.0.0.1:11434"
    assert models.idle_seconds == 3


def test_a_setting_is_read_by_the_name_that_it_had_before(tmp_path: Path) -> None:
    assert load_settings({"AGENTICRAG_LOCAL_MODEL_PATH": "/models/a.gguf"}).local_model == "/models/a.gguf"
    (tmp_path / "agenticrag.toml").write_text('local_model_path = "/models/b.gguf"', encoding="utf-8")
    assert load_settings({}, directory=tmp_path).local_model == "/models/b.gguf"
    assert load_settings({"AGENTICRAG_LOCAL_MODEL": "/models/c.gguf"}).local_model == "/models/c.gguf"


def test_all_mistakes_in_settings_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "agenticrag.toml").write_text('prot = 1\nport = "abc"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as failed:
        load_settings({"AGENTICRAG_WRKERS": "2", "AGENTICRAG_AUTH": "maybe"}, directory=tmp_path)
    told = str(failed.value)
    assert told.count("\n") == 3, told
    for part in ("'prot'. Did you mean port", "'abc' is not", "AGENTICRAG_WRKERS", "'maybe' is not"):
        assert part in told, told
    (tmp_path / "agenticrag.toml").write_text("port = 1", encoding="utf-16")
    with pytest.raises(SettingsError, match="it is no UTF-8"):
        load_settings({}, directory=tmp_path)
