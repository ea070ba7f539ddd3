"""A Wagtail site with one page. Arguments: folder, the site's host. Says `serving PORT`. A request for
/_publish?title=T&cache=URL publishes the page under a new title, with frontend_cache pointed at that cache."""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

folder, host = sys.argv[1:]

import django
from django.conf import settings
from django.urls import include, path

settings.configure(
    DEBUG=False,
    SECRET_KEY="of the story",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(folder, "site.sqlite")}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    STATIC_URL="/static/",
    MEDIA_ROOT=folder,
    WAGTAIL_SITE_NAME="story",
    WAGTAILADMIN_BASE_URL="http://" + host,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    INSTALLED_APPS=[
        "wagtail.contrib.frontend_cache",
        "wagtail.users",
        "wagtail.images",
        "wagtail.documents",
        "wagtail.search",
        "wagtail.admin",
        "wagtail",
        "modelcluster",
        "taggit",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
)
django.setup()

from django.core.management import call_command
from django.http import HttpResponse
from wagtail.models import Page, Site


def publish(request):
    settings.WAGTAILFRONTENDCACHE = {
        "strata": {
            "BACKEND": "wagtail.contrib.frontend_cache.backends.HTTPBackend",
            "LOCATION": request.GET["cache"],
        }
    }
    page = Page.objects.get(pk=Site.objects.get(is_default_site=True).root_page_id).specific
    page.title = request.GET["title"]
    page.save_revision().publish()
    return HttpResponse(page.full_url)


urlpatterns = [path("_publish", publish), path("", include("wagtail.urls"))]


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


call_command("migrate", verbosity=0)
site = Site.objects.get(is_default_site=True)
site.hostname = host
site.save()

from django.core.wsgi import get_wsgi_application

server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
print("serving", server.server_port, flush=True)
server.serve_forever()
